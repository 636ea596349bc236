"""``qgan report``."""

__all__ = ["report"]

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgan.cli.options import AsJson, Plugins, print_json
from qgan.errors import ConfigError

if TYPE_CHECKING:
    from qgan.report import Written


def report(
    paths: Annotated[list[Path], typer.Argument(metavar="DIR|RUN...", help="A comparison, or runs")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; DIR/report if not given")] = None,
    plugin: Plugins = None,
    show_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the page of a comparison, finished or not, or of runs: one file, to be read offline and on paper.

    qgan report comparisons/20261126-101500-ring --open

    qgan report runs/20261123-224501-digits-s7-3fa9

    qgan report runs/* --out overview
    """
    from qgan import show
    from qgan.plugins import load_plugins

    load_plugins(plugin or [])
    written = _written(paths, out)
    if as_json:
        data = written.page.parent / "data.json"
        print_json({"page": str(written.page), "data": str(data), "files": [str(file) for file in written.files]})
    else:
        show.note(f"{written.page}")
    if show_it:
        import webbrowser

        webbrowser.open(written.page.resolve().as_uri())


def _written(paths: list[Path], out: Path | None) -> "Written":
    comparisons = [path for path in paths if (path / "declaration.json").is_file()]
    runs = [path for path in paths if (path / "run.json").is_file()]
    neither = [str(path) for path in paths if path not in comparisons and path not in runs]
    if neither or (comparisons and len(paths) > 1):
        raise ConfigError(
            "There is no page of these",
            got=", ".join(neither or map(str, paths)),
            allowed="one directory of a comparison, or one or more of runs",
            cure="`qgan runs` lists the runs there are" if neither else "Make a page of each comparison by itself",
        )
    if len(runs) > 1 and out is None:
        raise ConfigError(
            "The page of several runs needs a place", got=f"{len(runs)} runs", cure="Give it with --out DIR"
        )
    from qgan.report import report_comparison, report_runs

    return report_comparison(paths[0], out) if comparisons else report_runs(paths, out)
