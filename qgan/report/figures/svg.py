"""Matplotlib's SVG for a page: colours by the style sheet, no style attributes, and names of its own."""

__all__ = ["inline", "pdf", "svg"]

import io
import re
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from qgan.report.figures.style import ROLES, drawing

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
LONG = re.compile(r"-?\d+\.\d{3,}(?!\d)")
URL = re.compile(r"url\(#([^)]+)\)")
# Said by the style sheet for all pictures.
DROPPED = {"font-family", "font"}
# Of each mark, and never of a group of them.
OWN = {"x", "y", "href"}
NO_TURN = "rotate(-0 "


def svg(figure: Figure, name: str) -> bytes:
    """For a paper; the same bytes for the same figure."""
    file = io.BytesIO()
    with drawing(), mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def pdf(figure: Figure) -> bytes:
    """For a paper; the same bytes for the same figure."""
    file = io.BytesIO()
    with drawing():
        figure.savefig(file, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return file.getvalue()


def inline(drawn: bytes, name: str, alt: str) -> str:
    """An element for HTML.

    Args:
        drawn: What :func:`svg` gave.
        name: Of the picture, unlike all others of the page.
        alt: What is to be seen, for who does not see it.
    """
    root = ElementTree.fromstring(drawn)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}metadata", f"{SVG}style") or (child.tag == f"{SVG}defs" and not _kept(child)):
                parent.remove(child)
    used = {match for each in root.iter() for value in each.attrib.values() for match in _references(value)}
    for element in root.iter():
        _plain(element, name, used)
    _shorten(root)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-label": alt, "class": "plot"}
    return ElementTree.tostring(root, encoding="unicode")


def _kept(defs: ElementTree.Element) -> bool:
    return any(child.tag != f"{SVG}style" for child in defs)


def _references(value: str) -> list[str]:
    return [value[1:]] if value.startswith("#") else URL.findall(value)


def _plain(element: ElementTree.Element, name: str, used: set[str]) -> None:
    element.tag = element.tag.removeprefix(SVG)
    attributes: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "id":
            if value in used:
                attributes["id"] = f"{name}-{value}"
        elif key == "style":
            attributes |= _presentation(value)
        elif key == f"{XLINK}href":
            attributes["href"] = f"#{name}-{value[1:]}" if value.startswith("#") else value
        elif not key.startswith("{") and not value.startswith(NO_TURN):
            attributes[key] = _short(_coloured(URL.sub(rf"url(#{name}-\1)", value)))
    element.attrib.clear()
    element.attrib |= attributes
    if element.text is not None and not element.text.strip():
        element.text = None
    element.tail = None


def _shorten(parent: ElementTree.Element) -> None:
    """Leaves out groups that say nothing, and what nobody sees; what all marks of a group say is said once."""
    children: list[ElementTree.Element] = []
    for child in list(parent):
        _shorten(child)
        unseen = child.tag == "path" and child.get("fill") == "none" and "stroke" not in child.attrib
        if child.tag == "g" and not child.attrib:
            children += list(child)
        elif not (unseen and parent.tag != "defs" and "id" not in child.attrib):
            children.append(child)
    parent[:] = children
    if parent.tag == "g" and len(children) > 1 and all(child.tag == "use" for child in children):
        first = children[0].attrib
        shared = {k: v for k, v in first.items() if k not in OWN and all(c.get(k) == v for c in children)}
        for child in children:
            for key in shared:
                del child.attrib[key]
        parent.attrib |= shared


def _presentation(style: str) -> dict[str, str]:
    """Declarations as attributes, which a strict policy allows."""
    pairs = [part.partition(":") for part in style.split(";") if ":" in part]
    found = {}
    for key, value in ((key.strip(), value.strip()) for key, _, value in pairs):
        if key == "font" and (size := re.search(r"([0-9.]+)px", value)):
            found["font-size"] = size[1]
        if key not in DROPPED:
            found[key] = _coloured(value.removesuffix("px") if key == "font-size" else value)
    return found


def _short(value: str) -> str:
    """Hundredths of a point are less than a pixel."""
    return LONG.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), value)


def _coloured(value: str) -> str:
    role = ROLES.get(value.lower())
    return f"var(--{role})" if role else value
