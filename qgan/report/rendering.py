"""From a document to HTML that lets nothing in: autoescaped, and with a policy that names style and script by hash."""

__all__ = ["canonical", "render", "safe"]

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qgan._typing import Json
from qgan.report.numbers import shown
from qgan.report.pictures import Picture
from qgan.report.tables import HOOKS

NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.+=-]+")
# Those that stand by themselves: not parts of names.
NUMBERS = re.compile(r"((?<![\w.-])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w))")


def render(template: str, **given: Any) -> str:
    """A template of the package, filled in."""
    environment = Environment(
        loader=PackageLoader("qgan.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shown": shown, "exact": repr, "safe_name": safe, "spoken": _spoken}
    environment.tests |= {"numeric": _is_number}
    environment.globals |= {"hooks": _hooks, "inline": _inline, "numeric_keys": _numeric_keys}
    style, script = _asset("style.css"), _asset("sort.js")
    return environment.get_template(template).render(
        style=style, script=script, style_hash=_hash(style), script_hash=_hash(script), **given
    )


def canonical(said: Json) -> bytes:
    """The document as JSON, the same bytes for the same document."""
    return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def safe(name: str) -> str:
    """A name as a part of a path and of an address."""
    return NOT_IN_NAMES.sub("-", name).strip(".-") or "unnamed"


def _hooks(of: Mapping[str, Any]) -> dict[str, str]:
    """Attributes that say of what numbers are: of those in a row, or in a column; what a number stands in counts."""
    return {f"data-{key}": str(of[key]) for key in HOOKS if of.get(key) is not None}


def _spoken(sentence: str, testid: str) -> Markup:
    """A sentence each number of which is found by that name, so that it can be held against the files."""
    number = Markup('<span data-said data-testid="{}">{}</span>')
    parts = NUMBERS.split(sentence)
    return Markup("").join(number.format(testid, part) if at % 2 else part for at, part in enumerate(parts))


def _numeric_keys(table: Json) -> list[str]:
    """Of columns of numbers, or of nothing yet, whose heads stand where the numbers do."""
    held = {column["key"]: [row.get(column["key"]) for row in table["rows"]] for column in table["columns"]}
    return [key for key, values in held.items() if all(value is None or _is_number(value) for value in values)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _inline(picture: Picture) -> Markup:
    # Its own element tree has escaped it.
    return Markup(picture.inline(safe(picture.name)))


def _asset(name: str) -> str:
    return resources.files("qgan.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
