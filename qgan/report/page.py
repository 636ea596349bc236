"""Pages, their data and their figures, written beside what they are about."""

__all__ = ["Composed", "Written", "composed", "report_comparison", "report_runs"]

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from qgan._typing import Json
from qgan.compare.comparison import Comparison
from qgan.errors import ResourceError
from qgan.files import atomic_write
from qgan.report.data import document
from qgan.report.pictures import Picture, figures_of
from qgan.report.plates import Plates, plates_of, plates_of_run
from qgan.report.rendering import canonical, render, safe
from qgan.report.single import document_of_runs, figures_of_run
from qgan.report.tables import csv_of
from qgan.runs import RunDirectory


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


@final
@dataclass(frozen=True)
class Composed:
    """A report that is not written yet.

    Attributes:
        page: HTML.
        document: What it says.
        tables: By the names of their files.
        pictures: All that are shown.
    """

    page: str
    document: Json
    tables: Mapping[str, Json]
    pictures: tuple[Picture, ...]


def report_comparison(path: Path, out: Path | None = None) -> Written:
    """Makes the page of a comparison, finished or not, with its ``data.json``, CSV and figures.

    Args:
        path: The comparison's directory.
        out: Where to; ``report`` in that directory if None.

    Raises:
        CheckpointError: If something in it cannot be read.
        ConfigError: If it is no comparison.
        ResourceError: If nothing can be written there.
    """
    return _written(composed(Comparison(path)), out or path / "report")


def composed(comparison: Comparison) -> Composed:
    """The report of a comparison, finished or not.

    Raises:
        CheckpointError: If something in it cannot be read.
    """
    said = document(comparison)
    pictures = {recipe["recipe"]: figures_of(recipe) for recipe in said["recipes"]}
    plates = {compared.recipe: plates_of(compared) for compared in comparison.recipes}
    page = render("comparison.html", said=said, pictures=pictures, plates=plates)
    named = [(recipe["recipe"], recipe) for recipe in said["recipes"]]
    return Composed(page, said, _tables(named), _drawn(pictures, plates))


def report_runs(paths: Sequence[Path], out: Path | None = None) -> Written:
    """Makes the page of one or more runs.

    Args:
        paths: Their directories.
        out: Where to; ``report`` in the directory of the first if None.

    Raises:
        CheckpointError: If something in them cannot be read.
        ConfigError: If one of them is no run.
        ResourceError: If nothing can be written there.
    """
    runs = [RunDirectory.open(path) for path in paths]
    said = document_of_runs(runs)
    pictures = {run["id"]: figures_of_run(run) for run in said["runs"]}
    plates = {name: plates_of_run(run, name) for name, run in zip(pictures, runs, strict=True)}
    page = render("runs.html", said=said, pictures=pictures, plates=plates)
    named = [(run["id"], run) for run in said["runs"]]
    report = Composed(page, said, _tables(named), _drawn(pictures, plates))
    return _written(report, out or paths[0] / "report")


def _tables(named: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    return {f"{safe(name)}-{table['name']}": table for name, part in named for table in part["tables"].values()}


def _drawn(pictures: Mapping[str, list[Picture]], plates: Mapping[str, Plates]) -> tuple[Picture, ...]:
    samples = [plate.picture for each in plates.values() for plate in each.plates if plate.picture is not None]
    return (*(picture for each in pictures.values() for picture in each), *samples)


def _written(report: Composed, folder: Path) -> Written:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, content in _files(report):
            (folder / name).parent.mkdir(exist_ok=True)
            atomic_write(folder / name, content)
            written.append(folder / name)
    except OSError as error:
        raise ResourceError(f"{folder} cannot be written", got=error, cure="Give another place with --out") from error
    return Written(folder / "index.html", report.document, tuple(written))


def _files(report: Composed) -> Iterator[tuple[str, bytes]]:
    yield "index.html", report.page.encode()
    yield "data.json", canonical(report.document)
    for name, table in report.tables.items():
        yield f"csv/{name}.csv", csv_of(table).encode()
    for picture in report.pictures:
        yield f"figures/{safe(picture.name)}.svg", picture.svg
        yield f"figures/{safe(picture.name)}.pdf", picture.pdf
