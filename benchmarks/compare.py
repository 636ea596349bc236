"""Measures what is promised of comparisons: ``python -m benchmarks.compare [--only NAME ...] [--quick]``."""

__all__ = ["FIGURES", "main"]

import typer

from benchmarks import compare_entanglement, compare_kills, compare_page, compare_statistics, compare_whole
from benchmarks.command import Figures, command

FIGURES: Figures = {
    "statistics": compare_statistics.measure,
    "kills": compare_kills.measure,
    "entanglement": compare_entanglement.measure,
    "whole": compare_whole.measure,
    "page": compare_page.measure,
}

main = command(FIGURES, folder="compare", heading="Comparisons, measured on a CPU")

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
