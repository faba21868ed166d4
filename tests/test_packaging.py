"""What is built holds what it should and works elsewhere; what the tests run with is pinned; warnings are errors of
ours alone.
"""

import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import warnings
import zipfile
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import chain
from pathlib import Path

import conftest
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from archcalc.core.errors import ArchcalcError, needed

TOP = Path(__file__).parent.parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = [Requirement(line) for line in (TOP / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
ENVIRONMENTS = [
    {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": system}
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system in ("linux", "darwin", "win32")
]
OF_TORCH = re.compile("torch|triton|cuda-.*|nvidia-.*")  # torch is pinned where it is asked for, and brings its own


def run(*command, **options):
    """What a command prints."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked(extra):
    """What an extra asks for, with that of the extras it is made of."""
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if requirement.name == PROJECT["name"]:
            yield from chain.from_iterable(map(asked, sorted(requirement.extras)))
        else:
            yield requirement


def pins(name, environment):
    """The versions that hold for a package there."""
    same = (pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(name))
    return [str(pin.specifier) for pin in same if not pin.marker or pin.marker.evaluate(environment)]


DIRECT = [*map(Requirement, PROJECT["dependencies"]), *asked("test")]


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda requirement: requirement.name)
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: " ".join(environment.values()))
def test_what_is_asked_for_is_pinned_once_everywhere(requirement, environment):
    if OF_TORCH.fullmatch(requirement.name):
        assert str(requirement.specifier).startswith("==")
        return
    (pin,) = pins(requirement.name, environment)
    assert requirement.specifier.contains(pin.removeprefix("=="))


def installed(name):
    """The version here; None of what is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def test_what_comes_with_it_is_pinned_too():
    """All that is installed here because the tests ask for it."""
    here = [(requirement.name, installed(requirement.name)) for requirement in DIRECT]
    others = [
        name for name, found in here if found and not OF_TORCH.fullmatch(name) and f"=={found}" not in pins(name, {})
    ]
    if others:
        pytest.skip(f"other versions than the pinned ones are installed: {', '.join(others)}")
    open_, seen = list(DIRECT), set()
    while open_:
        requirement = open_.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in seen or not installed(requirement.name) or OF_TORCH.fullmatch(requirement.name):
            continue
        seen.add(key)
        assert len(pins(requirement.name, {})) == 1, requirement.name
        extras = ["", *requirement.extras]
        needed = map(Requirement, requires(requirement.name) or ())
        open_ += [r for r in needed if not r.marker or any(r.marker.evaluate({"extra": extra}) for extra in extras)]
    assert len(seen) > len(DIRECT)


def test_pins_are_names_and_versions_alone():
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in PINS)
    assert not re.search(r"://|^-| --|@", (TOP / "constraints.txt").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source distribution, unpacked, and the wheel that is built of it."""
    pytest.importorskip("hatchling", reason="needs hatchling, which builds archcalc and is not installed")
    out = tmp_path_factory.mktemp("built")
    build = (sys.executable, "-m", "hatchling", "build", "-d", out, "-t")
    run(*build, "sdist", cwd=TOP)
    (archive,) = out.glob("*.tar.gz")
    with tarfile.open(archive) as sdist:
        sdist.extractall(out, filter="data")
    source = out / archive.name.removesuffix(".tar.gz")
    run(*build, "wheel", cwd=source)
    return source, next(out.glob("*.whl"))


def test_the_source_distribution_holds_all_that_is_tracked(built):
    """The tests and what they read among it."""
    if not (TOP / ".git").exists():
        pytest.skip("no checkout of git, to compare with")
    tracked = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=TOP).splitlines()
    found = {path.relative_to(built[0]).as_posix() for path in built[0].rglob("*") if path.is_file()}
    assert found == {name for name in tracked if (TOP / name).exists()} | {"PKG-INFO"}
    assert {"LICENSE", "constraints.txt", "tests/test_packaging.py"} <= found


def test_the_wheel_holds_the_package_the_specs_and_the_license(built):
    source, path = built
    wheel = zipfile.ZipFile(path)
    package = {file.relative_to(source).as_posix() for file in (source / "archcalc").rglob("*") if file.is_file()}
    specs = {f"archcalc/{file.relative_to(source).as_posix()}" for file in (source / "specs").rglob("*.*")}
    assert {
        "archcalc/py.typed",
        "archcalc/specs/published.csv",
        "archcalc/specs/blocks/residual.yaml",
    } <= package | specs
    about = path.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    own = {f"{about}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert set(wheel.namelist()) == package | specs | own
    assert not [name for name in wheel.namelist() if "witness" in name]
    metadata = wheel.read(f"{about}/METADATA").decode()
    assert "\nLicense-Expression: MIT\n" in metadata
    assert metadata.endswith((TOP / "README.md").read_text(encoding="utf-8"))


def test_what_is_installed_to_be_edited_finds_the_modules_to_compare_with(built, tmp_path):
    source = built[0]
    run(sys.executable, "-m", "hatchling", "build", "-d", tmp_path, "-t", "wheel:editable", cwd=source)
    wheel = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    (paths,) = (wheel.read(name).decode().splitlines() for name in wheel.namelist() if name.endswith(".pth"))
    assert sorted(paths) == [str(source), str(source / "tests" / "witness")]
    assert (source / "tests" / "witness" / "archcalc_witness" / "sources.py").exists()


def test_the_wheel_works_in_another_place(built, tmp_path):
    """In an environment that has nothing but it, and sees the packages of this one."""
    pytest.importorskip("pip", reason="needs pip, which is not installed")
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(tmp_path / "env"), "platbase": str(tmp_path / "env")})
    programs, packages = Path(paths["scripts"]), Path(paths["purelib"])
    (packages / "here.pth").write_text("\n".join(map(sysconfig.get_path, ("purelib", "platlib"))))
    clean = {"cwd": tmp_path, "env": {"COLUMNS": "100"}}
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "install", "-q", "--no-deps", "--no-index")
    run(*pip, "--disable-pip-version-check", built[1], **clean)
    place = run(programs / "python", "-c", "import archcalc; print(archcalc.__file__)", **clean)
    assert place.startswith(str(packages))
    said = run(programs / "archcalc", "summary", "mobilenet_v1", "--alpha", "0.75", "--rho", "0.714", **clean)
    (totals,) = re.findall("^totals: 2,585,560.*$", (TOP / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert totals in said


def test_only_a_missing_extra_is_a_reason_to_skip(monkeypatch):
    monkeypatch.setattr(conftest, "MISSING", {"absent_extra"})
    for package, skips in (("absent_extra", True), ("absent_other", False)):
        with pytest.raises(ArchcalcError) as caught:
            needed(package, "this", "extra")
        with pytest.raises(pytest.skip.Exception, match=package) if skips else nullcontext():
            conftest.skip_if_missing(caught.value)
        with pytest.raises(pytest.skip.Exception) if skips else nullcontext():
            conftest.skip_if_missing(caught.value.__context__)
    conftest.skip_if_missing(AssertionError("wrong"))


OURS = ["archcalc", "archcalc.figures.rules", "test_numbers", "laws.common", "references.table", "console", "benchmark"]


@pytest.mark.parametrize("module", [*OURS, "numpy", "pandas.core.series", "keras.src", "archcalculus", "latest_x"])
@pytest.mark.parametrize("kind", ["DeprecationWarning", "FutureWarning", "PendingDeprecationWarning", "UserWarning"])
def test_warnings_are_errors_but_for_what_a_library_deprecates_of_its_own(module, kind):
    with warnings.catch_warnings(record=True) as seen:
        try:
            exec(f"import warnings; warnings.warn('old', {kind})", {"__name__": module})
        except Warning:
            seen = None
    assert (seen is None) == (module in OURS or kind == "UserWarning")
