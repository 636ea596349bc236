"""Measures `batched.qubit`: ``python -m benchmarks.batched [--only NAME ...] [--quick]``."""

__all__ = ["FIGURES", "main"]

import typer

from benchmarks import agreement, pass_shares, scaling, simulators, step, unitary
from benchmarks.command import Figures, command

FIGURES: Figures = {
    "simulators": simulators.measure,
    "pass": pass_shares.measure,
    "peak": scaling.peak,
    "scaling": scaling.scaling,
    "first-call": scaling.first_call,
    "unitary": unitary.measure,
    "agreement": agreement.measure,
    "step": step.measure,
}

main = command(FIGURES, folder="batched", heading="`batched.qubit`, measured on a CPU", make="bench")

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
