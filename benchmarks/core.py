"""Measures, on a CPU, what the README states: ``python -m benchmarks.core [--only NAME ...] [--quick]``."""

__all__ = ["FIGURES", "main"]

import typer

from benchmarks import code, gradients, quality, resume, speed
from benchmarks.command import Figures, command

# In this order: the speed of a whole training is taken from the runs of quality.
FIGURES: Figures = {
    "quality": quality.measure,
    "gradients": gradients.measure,
    "resume": resume.measure,
    "speed": speed.measure,
    "code": code.measure,
}

main = command(FIGURES, folder="core", heading="Evidence, measured on a CPU")

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
