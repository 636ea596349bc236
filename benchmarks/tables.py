"""Measures what is promised of the tables: ``python -m benchmarks.tables [--only NAME ...] [--quick]``."""

__all__ = ["FIGURES", "main"]

import typer

from benchmarks import circuit_gradients, files, large, product, recipes, trackers
from benchmarks.command import Figures, command

FIGURES: Figures = {
    "recipes": recipes.measure,
    "gradients": circuit_gradients.measure,
    "product": product.measure,
    "files": files.measure,
    "trackers": trackers.measure,
    "large": large.measure,
}

main = command(FIGURES, folder="tables", heading="Evidence on the tables, measured on a CPU")

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
