"""Every format shows a text as it is, and takes none of it for its own marks."""

import csv
import io
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from openpyxl import load_workbook

from archcalc.core.errors import encoded, one_line
from archcalc.output import render_tables
from archcalc.output.md import code
from archcalc.output.table import WORDS, Column, Table

MARKUP = """<script>alert(1)</script> "><img src=x onerror=alert(1)> &lt;b&gt; [a](http://x) ![a](b) **b** _e_ `c` ~~s~~
 $x^2_{a}$ \\input{x} \\\\ %c #1 {b} =1+1 | @SUM(A1) +1 -1 'q' ``l'' été 中文 🙂""".replace("\n", "")
TEXTS = [
    *(MARKUP, *MARKUP.split(), "- a", "+ a", "-", "---", "- - -", "12. a", "1) a", "a\nb", "# a", "> a", "===", "```"),
    *("~~~", "a#", "<!-- a", "&amp;", "&#60;", "\\*a*", "[a]: b", "[5pt]", "*", "|", "a|b", "http://a", "  a  b", "'"),
    *("=1", "@a", "1.48", "-5"),
]
HOSTILE = Table(
    MARKUP,
    (Column("a", MARKUP, WORDS), Column("b", MARKUP)),
    tuple((text, text) for text in TEXTS),
    ((MARKUP, MARKUP),),
    tuple(TEXTS),
)


def collapsed(texts):
    return [" ".join(text.split()) for text in texts]


def said(table):
    """All texts of a table in their order."""
    cells = [cell for row in (*table.rows, *table.totals) for cell in row]
    return collapsed([table.title, *(column.heading for column in table.columns), *cells, *table.notes])


def test_markdown_shows_a_text_and_no_markup():
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(render_tables([HOSTILE], "md").decode())
    blocks = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert " ".join(sorted(blocks)) == "bullet_list heading inline list_item paragraph table tbody td th thead tr"
    inner = [token.children for token in tokens if token.type == "inline"]
    assert {child.type for children in inner for child in children} == {"text", "strong_open", "strong_close"}
    assert collapsed("".join(child.content for child in children) for children in inner) == said(HOSTILE)


@pytest.mark.parametrize("text", [text for text in TEXTS if text.strip()])
def test_code_in_markdown(text):
    (inline,) = (t for t in MarkdownIt("commonmark").parse(f"a {code(one_line(text))}") if t.type == "inline")
    assert [child.type for child in inline.children] == ["text", "code_inline"]
    assert inline.children[1].content == one_line(text)


class Page(HTMLParser):
    """The elements, their attributes and their texts."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.attributes, self.texts = set(), set(), [""]
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= set(attrs)
        self.texts.append("")

    def handle_endtag(self, tag):
        self.texts.append("")

    def handle_data(self, data):
        self.texts[-1] += data


def test_html_shows_a_text_and_no_markup():
    page = Page(render_tables([HOSTILE], "html").decode("ascii"))
    expected = "body div h2 head html meta p style table tbody td th thead title tr"
    assert " ".join(sorted(page.elements)) == expected
    assert page.attributes == {
        *(("lang", "en"), ("charset", "utf-8"), ("class", "totals"), ("class", "note"), ("style", "text-align: right;"))
    }
    shown = [text for text in collapsed(page.texts) if text]
    assert shown[0] == one_line(MARKUP)
    assert shown[2:] == said(HOSTILE)


def test_a_workbook_holds_texts_and_no_formula():
    (sheet,) = load_workbook(io.BytesIO(render_tables([HOSTILE], "xlsx")))
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert " ".join(collapsed(cell.value for cell in cells)) == " ".join(said(HOSTILE))


def test_csv_holds_no_formula():
    rows = list(csv.reader(io.StringIO(render_tables([HOSTILE], "csv").decode(), newline="")))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    assert [cell.removeprefix("'") for row in rows[1:] for cell in row[:1]] == [
        text.removeprefix("'") for text in TEXTS
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8", "utf-16"])
def test_any_text_in_any_encoding(encoding):
    text = "".join(map(chr, range(0x3000))) + "🙂\ud800\udfff"
    assert len(encoded(text, encoding).decode(encoding)) > 5000
    assert encoded("─ → ≤ é e\u0301 ½² ß 中", "ascii") == b"- -> <= e e ?^2 ss ?"
