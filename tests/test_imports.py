"""The import arrow: each foreign package has its one place, and a summary needs none of the heavy ones."""

import ast
import os
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
    "yaml": "language/text.py",
    "rich": "tables/terminal.py",
    "click": "cli/*",
    "xlsxwriter": "export/*",
    "tabulate": "export/*",
    "torch": "verify/*",
    "archcalc_witness": "verify/against.py",
    "matplotlib": "plots/*",
    "pyarrow": "sweeps/parquet.py",
    "distributed": "sweeps/remote.py",
    "pandas": "sweeps/columns.py",
    "numpy": "*",
    "sympy": "*",
}
AT_ONCE = {  # the modules that may import these outside a function, since they are imported on demand themselves
    "numpy": "sweeps/*",
    "archcalc_witness": "",
    "sympy": "forms/sympify.py",
    "matplotlib": "",
    "pandas": "",
    "pyarrow": "",
}
BY_NAME = ("needed", "import_module", "importlib.import_module")  # functions that import what they are told
FORMULAS = (
    "protocol.py",
    "number.py",
    "value.py",
    "shape.py",
    "argument.py",
    "kind.py",
    "kinds/*",
)  # what all else stands on
BELOW_FORMULAS = ("archcalc.errors", *(f"archcalc.{name.removesuffix('.py')}" for name in FORMULAS[:-1]))
HEAVY = {*PLACES} - {"yaml"}


def imports(tree: ast.AST, deferred: bool = True) -> Iterator[str]:
    """The modules a tree imports; without ``deferred``, only those that it imports when it is imported itself."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_NAME:
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant))
        elif deferred or not (isinstance(node, (ast.FunctionDef, ast.Lambda)) or _for_types_only(node)):
            yield from imports(node, deferred)


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


def violations(name: str, tree: ast.AST) -> Iterator[str]:
    """What a module imports and may not."""
    at_once = set(imports(tree, deferred=False))
    for module in imports(tree):
        root = module.partition(".")[0]
        if root in sys.stdlib_module_names or root == "archcalc":
            continue
        if not fnmatch(name, PLACES.get(root, "")):
            yield f"{name} imports {root}"
        if module in at_once and not fnmatch(name, AT_ONCE.get(root, "*")):
            yield f"{name} imports {root} outside a function"


@pytest.mark.parametrize("name", MODULES)
def test_foreign_packages_have_their_places(name):
    assert not list(violations(name, MODULES[name]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("spec.py", "import yaml"),
        ("report.py", "def show():\n    from rich.table import Table"),
        ("number.py", "import sympy"),
        ("number.py", "if True:\n    from numpy import array"),
        ("kinds/conv.py", "import torch.nn"),
        ("plots/canvas.py", "import matplotlib"),
        ("verify/plot.py", "def draw():\n    import matplotlib"),
        ("report.py", "def table():\n    return needed('pandas', 'a data frame', 'sweep')"),
        ("export/xlsx.py", "import openpyxl"),
    ],
)
def test_a_violation_is_seen(name, text):
    assert list(violations(name, ast.parse(text)))


@pytest.mark.parametrize("name", [name for name in MODULES if any(fnmatch(name, pattern) for pattern in FORMULAS)])
def test_formulas_stand_on_nothing_else(name):
    """The rules of a layer know nothing of specs, graphs or reports."""
    own = {module for module in imports(MODULES[name]) if module.startswith("archcalc.")}
    assert all(module.startswith(BELOW_FORMULAS) for module in own)


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
        "archcalc.export.json",
        "archcalc.export.xlsx",
        "archcalc.forms",
        "archcalc.derivation",
        "archcalc.traces",
        "archcalc.memory",
    ),
    *("archcalc.sweeps", "archcalc.solving", "archcalc.verify", "archcalc.misnamed", "archcalc.language.mending"),
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
