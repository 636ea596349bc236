import re
from xml.etree import ElementTree

from qgan.report.figures.style import ROLES, drawing, label, panel, tidy
from qgan.report.figures.svg import inline, pdf, svg

HOSTILE = '<script>alert("$\\frac{1}{0}$")</script>'


def drawn(name: str = "one") -> tuple[bytes, bytes]:
    with drawing():
        figure, axes = panel()
        axes.plot([1, 2, 3], [3, 1, 2], "o--", color=next(iter(ROLES)), label=label(HOSTILE))
        axes.set_yscale("log")
        axes.set_xlabel(HOSTILE)
        axes.legend()
        tidy(axes)
    return svg(figure, name), pdf(figure)


def test_the_same_figure_has_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_a_figure_of_a_page_brings_no_style_and_keeps_to_itself() -> None:
    element = inline(drawn()[0], "page-one", 'a "picture"')
    root = ElementTree.fromstring(element)
    used = set(re.findall(r"url\(#([^)]+)\)", element)) | {
        value[1:] for value in re.findall(r'href="([^"]+)"', element)
    }
    assert used
    assert all(name.startswith("page-one-") for name in used)
    assert used == {each.attrib["id"] for each in root.iter() if "id" in each.attrib}
    assert not [each for each in root.iter() if each.tag in ("style", "metadata", "script") or "style" in each.attrib]
    assert root.attrib["aria-label"] == 'a "picture"'
    assert set(re.findall(r"#[0-9a-f]{6}\b", element)) == set()
    assert "var(--ink)" in element


def test_names_are_text_and_no_more() -> None:
    root = ElementTree.fromstring(inline(drawn()[0], "page-one", "x"))
    texts = [each.text for each in root.iter("text")]
    assert HOSTILE in texts
    assert label(HOSTILE) in texts
