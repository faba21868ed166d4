"""The lecture is prepared as its page says: in an empty folder, on 80 columns, up to the compiled slides."""

import re
import shutil
import subprocess

import pytest
from test_pages import CONSOLE, FILES, TEXTS, TOP, block, session

PAGE = "docs/lecture.md"
BLOCKS = CONSOLE.findall(TEXTS[TOP / PAGE])
SLIDES = block(PAGE, "latex")
COMPILED = {"lecture": SLIDES.count(r"\begin{frame}"), "sheet": 1}  # with their pages


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The folder after all commands, and what they printed."""
    folder = tmp_path_factory.mktemp("lecture")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in {**FILES, "lecture.tex": SLIDES}.items():
            (folder / name).write_text(text)
        return folder, [session(one, columns=80) for one in BLOCKS]


def test_the_commands_fit_into_80_columns(prepared):
    for output in prepared[1]:
        printed = [line for line in output.splitlines() if not line.startswith("$ ")]
        assert not [line for line in printed if "for want of width" in line]
        assert not [line for line in printed if len(line) > 80 and " = " not in line]  # arithmetic is not cut


def test_every_file_that_the_slides_take_is_written(prepared):
    taken = re.findall(r"\\(?:input|includegraphics)\{(\w+)\}", SLIDES)
    assert len(taken) == COMPILED["lecture"]
    assert all((prepared[0] / f"{name}.tex").exists() or (prepared[0] / f"{name}.pdf").exists() for name in taken)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no LaTeX here")
@pytest.mark.parametrize("name", COMPILED)
def test_the_documents_compile_and_nothing_is_overfull(prepared, name):
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=prepared[0], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert f"({COMPILED[name]} page" in done.stdout
