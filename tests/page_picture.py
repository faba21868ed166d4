"""The picture of a page on the front page: python page_picture.py, in tests/, writes it anew. It needs Chromium."""

import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import archcalc
from archcalc.page.html import page_of, render

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "page.png"
OF = "page"  # the text in the picture that says which page it shows


def shown():
    """The page in the picture."""
    return render(page_of([archcalc.load("mobilenet_v1").summary(alpha=0.75)]))


def name_of(page):
    """What tells a page from any other."""
    return sha256(page.encode()).hexdigest()


def main():
    """Write the picture."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo
    from playwright.sync_api import sync_playwright

    page, note = shown(), PngInfo()
    note.add_text(OF, name_of(page))
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "page.html"
        path.write_text(page)
        browser = driver.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1100, "height": 800})
        opened.goto(path.as_uri())
        picture = Image.open(BytesIO(opened.screenshot())).quantize(64)
        browser.close()
    PICTURE.parent.mkdir(exist_ok=True)
    picture.save(PICTURE, optimize=True, pnginfo=note)


if __name__ == "__main__":
    main()
