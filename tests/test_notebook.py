"""The notebook is true: its cells run in order, without Jupyter, and give the outputs that it holds.

`ARCHCALC_UPDATE=1 pytest tests/test_notebook.py` writes the outputs anew, to be read before they are committed. Of a
picture only that there is one is compared: its file depends on the version of matplotlib.
"""

import ast
import json
import os
from pathlib import Path

import pytest

PATH = Path(__file__).parent.parent / "docs" / "lecture.ipynb"
NOTEBOOK = json.loads(PATH.read_text("utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
LARGEST = 200_000  # bytes of the file
WAYS = {"text/html": "_repr_html_", "text/latex": "_repr_latex_", "image/svg+xml": "_repr_svg_"}
LONGEST = 30_000  # characters of an output; a page with sliders is longer
WRITTEN = ["cost.pdf", "layers.tex", "mobilenet.xlsx", "network.tex", "networks.md"]


def value_of(source, names):
    """What a cell gives: the value of its last line, if that is an expression."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


def output(value, number):
    """The output of a cell, as a notebook stores it: the text, and how the value shows itself."""
    shown = {kind: getattr(value, way)() for kind, way in WAYS.items() if hasattr(value, way)}
    data = {"text/plain": repr(value)} | {kind: text for kind, text in shown.items() if text and len(text) < LONGEST}
    lines = {kind: text.splitlines(keepends=True) for kind, text in data.items()}
    return {"data": lines, "execution_count": number, "metadata": {}, "output_type": "execute_result"}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell of code gives, and the folder in which it ran."""
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    folder, names, found = tmp_path_factory.mktemp("notebook"), {}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, cell in enumerate(CODE, 1):
            value = value_of("".join(cell["source"]), names)
            found.append([] if value is None else [output(value, number)])
    return found, folder


def compared(outputs):
    """The outputs, with nothing of a picture but that it is one."""
    return [{kind: kind == "image/svg+xml" or text for kind, text in one["data"].items()} for one in outputs]


def test_the_outputs_are_current(outputs):
    if os.environ.get("ARCHCALC_UPDATE") == "1":
        for number, (cell, found) in enumerate(zip(CODE, outputs[0], strict=True), 1):
            cell.update(outputs=found, execution_count=number)
        PATH.write_text(json.dumps(NOTEBOOK, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for cell, found in zip(CODE, outputs[0], strict=True):
        assert compared(cell["outputs"]) == compared(found), "".join(cell["source"])


def test_the_files_are_written(outputs):
    assert sorted(path.name for path in outputs[1].iterdir()) == WRITTEN
    assert all(path.stat().st_size for path in outputs[1].iterdir())


def test_it_is_small_and_every_cell_is_said():
    assert PATH.stat().st_size < LARGEST
    assert {"nbformat", "nbformat_minor", "metadata", "cells"} == {*NOTEBOOK}
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
