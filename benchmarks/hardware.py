"""Measures what is promised of Qiskit's primitives: ``python -m benchmarks.hardware [--only NAME ...] [--quick]``."""

__all__ = ["FIGURES", "main"]

import typer

from benchmarks import (
    hardware_canary,
    hardware_gradients,
    hardware_kills,
    hardware_sampling,
    hardware_step,
    hardware_training,
)
from benchmarks.command import Figures, command

FIGURES: Figures = {
    "step": hardware_step.measure,
    "gradients": hardware_gradients.measure,
    "training": hardware_training.measure,
    "sampling": hardware_sampling.measure,
    "kills": hardware_kills.measure,
    "canary": hardware_canary.measure,
}

main = command(FIGURES, folder="hardware", heading="Evidence of Qiskit's primitives, without a quantum computer")

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
