"""The page, its data and its figures, written beside a comparison."""

__all__ = ["Written", "render", "write_report"]

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, final

from jinja2 import Environment, PackageLoader, StrictUndefined

from qgan._typing import Json
from qgan.compare.comparison import Comparison
from qgan.files import atomic_write
from qgan.report.data import document
from qgan.report.figures.svg import inline, pdf, svg
from qgan.report.numbers import exact, shown
from qgan.report.pictures import Picture, Plate, figures_of, plates_of
from qgan.report.tables import HOOKS, csv_of

NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.+=-]+")


@final
@dataclass(frozen=True)
class Written:
    """Where a report is.

    Attributes:
        page: The file to open.
        document: What it says.
        files: All that was written.
    """

    page: Path
    document: Json
    files: tuple[Path, ...]


def write_report(path: Path) -> Written:
    """Reads a comparison and writes ``report/`` into it: page, ``data.json``, CSV and figures.

    Args:
        path: The comparison's directory.

    Raises:
        CheckpointError: If something in it cannot be read.
        ConfigError: If it is no comparison.
    """
    comparison = Comparison(path)
    said = document(comparison)
    pictures: dict[str, list[Picture]] = {}
    plates: dict[str, list[Plate]] = {}
    circuits: dict[str, str | None] = {}
    for recipe, compared in zip(said["recipes"], comparison.recipes, strict=True):
        name = recipe["recipe"]
        pictures[name] = list(figures_of(recipe))
        plates[name], _, circuits[name] = plates_of(compared)
    files = {"index.html": render(said, pictures, plates, circuits).encode(), "data.json": canonical(said)}
    for recipe in said["recipes"]:
        for table in recipe["tables"].values():
            files[f"csv/{safe(recipe['recipe'])}-{table['name']}.csv"] = csv_of(table).encode()
        shown_too = [plate.picture for plate in plates[recipe["recipe"]] if plate.picture is not None]
        for picture in (*pictures[recipe["recipe"]], *shown_too):
            files[f"figures/{safe(picture.name)}.svg"] = svg(picture.figure, picture.name)
            files[f"figures/{safe(picture.name)}.pdf"] = pdf(picture.figure)
    return _written(path / "report", files, said)


def render(
    said: Json,
    pictures: Mapping[str, list[Picture]],
    plates: Mapping[str, list[Plate]],
    circuits: Mapping[str, str | None],
) -> str:
    """The page's HTML."""
    return _environment().get_template("comparison.html").render(
        said=said, pictures=pictures, plates=plates, circuits=circuits, **_assets()
    )


def canonical(said: Json) -> bytes:
    """The document as JSON, the same bytes for the same document."""
    return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def safe(name: str) -> str:
    """A name as a part of a path and of an address."""
    return NOT_IN_NAMES.sub("-", name).strip(".-") or "unnamed"


def hooks(row: Json, column: Json) -> dict[str, str]:
    """Attributes that say of what a number is."""
    known = {**{key: row[key] for key in HOOKS if row.get(key) is not None}, **column["hooks"]}
    return {f"data-{key}": str(value) for key, value in known.items()}


def is_number(value: Any) -> bool:
    """Whether a value is one, and not a truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("qgan.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shown": shown, "exact": exact, "safe_name": safe}
    environment.tests |= {"numeric": is_number}
    environment.globals |= {"hooks": hooks, "inline": _inline}
    return environment


def _inline(picture: Picture) -> str:
    from markupsafe import Markup

    return Markup(inline(picture.figure, safe(picture.name), picture.alt))  # noqa: S704


def _assets() -> dict[str, str]:
    """Style and script, and the hashes by which alone the policy lets them in."""
    folder = resources.files("qgan.report").joinpath("templates")
    style, script = (folder.joinpath(name).read_text("utf-8") for name in ("style.css", "sort.js"))
    return {"style": style, "script": script, "style_hash": _hash(style), "script_hash": _hash(script)}


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _written(folder: Path, files: Mapping[str, bytes], said: Json) -> Written:
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(target, content)
    return Written(folder / "index.html", said, tuple(folder / name for name in files))
