"""The import arrow: each foreign package has its one place, and a summary needs none of the heavy ones."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

import archcalc

HOME = Path(archcalc.__file__).parent
MODULES = {path.relative_to(HOME).as_posix(): ast.parse(path.read_text("utf-8")) for path in HOME.rglob("*.py")}
PLACES = {  # foreign package -> where it may be imported
    "yaml": "spec/text.py",
    "rich": "output/terminal.py",
    "click": "cli/*",
    "xlsxwriter": ("output/xlsx.py", "workbook/book.py", "workbook/sheet.py", "workbook/tables.py"),
    "tabulate": ("output/md.py", "output/html.py"),
    "torch": ("verify/*", "importers/torch/*.py"),  # to run a network, or to read one
    "archcalc_witness": "verify/against.py",
    "matplotlib": ("plots/*", "*plot.py"),
    "pyarrow": "sweeps/files.py",
    "distributed": "sweeps/remote.py",
    "pandas": "output/frame.py",
    "onnx": "importers/onnx/*.py",
    "numpy": "*",
    "sympy": "*",
}
AT_ONCE = {  # the modules that may import these outside a function, since they are imported on demand themselves
    "numpy": ("sweeps/*", "search/search.py", "search/solve.py"),
    "archcalc_witness": "",
    "sympy": "closed_forms/sympify.py",
    "matplotlib": "",
    "pandas": "",
    "pyarrow": "",
    "onnx": "",
}
BY_NAME = ("needed", "import_module", "importlib.import_module")  # functions that import what they are told
ROOMS = (  # from the ground up: a module imports from its own room and from those above it in this list
    "core", "layers", "spec", "graph", "memory", "published", "figures", "output", "report", "misnamed", "model",
    "quantity", "address", "tables", "comparison", "catalogue", "printed", "lectures", "plots", "drawing",
    "closed_forms", "sweeps", "search", "traces", "explain", "layouts", "workbook", "page", "files", "teaching",
    "importers", "verify", "network", "cli",
)  # fmt: skip
UP = {  # what reaches up all the same, inside a function
    "report": {"tables", "drawing", "plots", "files"},  # a report shows and writes itself
    "comparison": {"plots"},
    "spec": {"importers"},  # a file of another program is a network like any other
}
HEAVY = {*PLACES} - {"yaml"}


def imports(tree: ast.AST, deferred: bool = True, types: bool = True) -> Iterator[str]:
    """The modules a tree imports, with those for ``types`` alone; without ``deferred``, those of its own import."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_NAME:
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant))
        elif (deferred or not isinstance(node, (ast.FunctionDef, ast.Lambda))) and (
            (deferred and types) or not _for_types_only(node)
        ):
            yield from imports(node, deferred, types)


def _imported_from(node: ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        inner = f"{node.module}.{alias.name}"
        yield inner if _file(inner) in MODULES or f"{_folder(inner)}/__init__.py" in MODULES else str(node.module)


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _folder(module: str) -> str:
    return module.removeprefix("archcalc").lstrip(".").replace(".", "/")


def _file(module: str) -> str:
    return f"{_folder(module)}.py"


def _fits(name: str, places: str | tuple[str, ...]) -> bool:
    return any(fnmatch(name, place) for place in ([places] if isinstance(places, str) else places))


def violations(name: str, tree: ast.AST) -> Iterator[str]:
    """What a module imports and may not."""
    at_once = set(imports(tree, deferred=False))
    for module in imports(tree):
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names or root == "archcalc":
            continue
        if not _fits(name, PLACES.get(root, "")):
            yield f"{name} imports {root}"
        if module in at_once and not _fits(name, AT_ONCE.get(root, "*")):
            yield f"{name} imports {root} outside a function"


@pytest.mark.parametrize("name", MODULES)
def test_foreign_packages_have_their_places(name):
    assert not list(violations(name, MODULES[name]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spec/model.py", "import yaml"),
        ("report.py", "def show():\n    from rich.table import Table"),
        ("number.py", "import sympy"),
        ("number.py", "if True:\n    from numpy import array"),
        ("layers/conv.py", "import torch.nn"),
        ("plots/canvas.py", "import matplotlib"),
        ("verify/check.py", "def draw():\n    import matplotlib"),
        ("report.py", "def table():\n    return needed('pandas', 'a data frame', 'sweep')"),
        ("output/xlsx.py", "import openpyxl"),
    ],
)
def test_a_violation_is_seen(name, text):
    assert list(violations(name, ast.parse(text)))


def room(module: str) -> str:
    """The folder of a module, or the module itself where it stands alone."""
    return module.removeprefix("archcalc").lstrip(".").partition(".")[0]


def reached_up(name: str, tree: ast.AST) -> set[str]:
    """The rooms from which a module imports, and may not: for types alone it may import from any."""
    own = room(name.removesuffix(".py").replace("/", "."))
    found = {room(module) for module in imports(tree, types=False) if module.startswith("archcalc.")}
    return {other for other in found - {own, ""} if ROOMS.index(other) > ROOMS.index(own)} - UP.get(own, set())


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("__init__.py", "__main__.py")])
def test_no_room_reaches_up(name):
    """Only the facade and the command line know all rooms; so there is no circle of rooms."""
    assert not reached_up(name, MODULES[name])


def test_a_room_that_reaches_up_is_seen():
    assert reached_up("graph/graph.py", ast.parse("def f():\n    from archcalc.report import Report")) == {"report"}
    assert not reached_up("graph/graph.py", ast.parse("if TYPE_CHECKING:\n    from archcalc.report import Report"))


LISTS = {  # the packages whose docstring lists their modules
    name: found
    for name, tree in MODULES.items()
    if (found := re.findall(r"^(\w+\.py) ", ast.get_docstring(tree) or "", re.MULTILINE))
}


@pytest.mark.parametrize("name", LISTS)
def test_a_package_lists_the_modules_that_it_has(name):
    assert {*LISTS[name]} == {path.name for path in (HOME / name).parent.glob("*.py")} - {"__init__.py"}


def test_packages_list_their_modules():
    assert {"closed_forms/__init__.py", "explain/__init__.py", "layouts/__init__.py", "traces/__init__.py"} <= {*LISTS}


def test_the_arrow_has_no_circle():
    arrow = {}
    for name, tree in MODULES.items():
        own = (m for m in imports(tree, deferred=False) if m.startswith("archcalc"))
        arrow[name] = {_file(m) if _file(m) in MODULES else f"{_folder(m)}/__init__.py".lstrip("/") for m in own}
    assert set(TopologicalSorter(arrow).static_order()) == set(MODULES)


def loaded_after(code: str) -> set[str]:
    """The top packages in a fresh interpreter that has run the code."""
    code += "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def loaded_by(command: str) -> set[str]:
    """The modules in a fresh interpreter that has run the command line."""
    code = f"import sys; from archcalc.__main__ import main; sys.argv = {['archcalc', *command.split()]}\ntry: main()\n"
    code += "finally: print(*sys.modules, file=sys.stderr)"
    wide = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run([sys.executable, "-c", code], env=wide, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


SPARED = {  # what a summary in a pipe does without, and what would make it start later
    *("bz2", "difflib", "json", "lzma", "pathlib", "shlex", "shutil", "textwrap", "click.shell_completion"),
    *("archcalc.cli.formula", "archcalc.cli.pages", "archcalc.cli.sweep", "archcalc.cli.verify"),
    *(
        "archcalc.output.json",
        "archcalc.output.xlsx",
        "archcalc.closed_forms",
        "archcalc.explain",
        "archcalc.traces",
        "archcalc.memory",
    ),
    *("archcalc.sweeps", "archcalc.search", "archcalc.verify", "archcalc.misnamed"),
}


def test_a_summary_imports_no_more_than_it_needs():
    modules = loaded_by("summary resnet152")
    assert "archcalc.cli.reports" in modules
    assert not modules & (SPARED | HEAVY - {"click"})


@pytest.mark.parametrize("name", sorted(SPARED))
def test_what_is_spared_is_a_module(name):
    assert find_spec(name)


@pytest.mark.parametrize(
    "code",
    [
        "import archcalc",
        "import archcalc; print(archcalc.load('resnet50').summary(resolution=192).totals.params)",
        "import archcalc; print(archcalc.load('mobilenet_v1').summary(alpha=0.75, rho=6/7).to_dict())",
    ],
)
def test_a_summary_needs_nothing_heavy(code):
    loaded = loaded_after(code)
    assert "archcalc" in loaded
    assert not loaded & HEAVY


def test_what_is_loaded_is_seen():
    assert "sympy" in loaded_after(
        "import sympy, archcalc; archcalc.load('vgg16').summary(resolution=sympy.Symbol('r'))"
    )
