"""A test that needs a package of an extra is skipped where that is not installed, and says which."""

import os
from collections import Counter
from importlib.util import find_spec

import pytest

os.environ.pop("COLUMNS", None)  # a terminal's width, or what pytest-xdist sets, is not that of the tables tested

# files that should not start last
LONGEST = ("test_page_browser", "test_xlsx", "test_page", "test_sweep", "test_writing", "test_domain")
EXTRAS = ("torch", "keras", "distributed", "pandas", "pyarrow", "matplotlib", "jsonschema", "openpyxl", "playwright",
          "onnx")  # fmt: skip
MISSING = {name for name in EXTRAS if not find_spec(name)}


def pytest_addoption(parser):
    parser.addoption("--settings", type=int, default=0, metavar="N",
                     help="hold the page of every network, at N random settings of each, to the engine")  # fmt: skip


def pytest_terminal_summary(terminalreporter):
    """The sums of what tests have counted."""
    counted = Counter()
    for report in terminalreporter.getreports("passed"):
        counted.update(dict(report.user_properties))
    for what, number in counted.items():
        terminalreporter.write_line(f"{what}: {number:,}")


def skip_if_missing(error):
    """Skip where the error, or what it came of, is a missing package."""
    while error:
        if isinstance(error, ModuleNotFoundError) and error.name in MISSING:
            pytest.skip(f"needs {error.name}, which is not installed", allow_module_level=True)
        error = error.__cause__ or error.__context__


def pytest_configure(config):
    """With pytest-xdist, files are handed out in the order of collection."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONGEST)


class TestModule(pytest.Module):
    def collect(self):
        try:
            return super().collect()
        except Exception as error:
            skip_if_missing(error)
            raise


def pytest_pycollect_makemodule(module_path, parent):
    return TestModule.from_parent(parent, path=module_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    try:
        return (yield)
    except Exception as error:
        skip_if_missing(error)
        raise


pytest_runtest_call = pytest_runtest_setup
