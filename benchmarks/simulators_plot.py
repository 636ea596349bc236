"""Draws how long each simulator takes."""

__all__ = ["draw"]

from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.evidence import number
from qgan._typing import Json

CIRCUITS = {
    "B": "RY, RZ, ring of CRY, angles affine in latents; <Z>",
    "C": "any rotation, ring of CNOT; <Z> and <X>",
}
OURS = "batched.qubit"


def draw(rows: list[Json], best: dict[tuple[str, str], float], path: Path) -> None:
    """One panel for each circuit that is not real, milliseconds over the size.

    Args:
        rows: As `simulators` measures them.
        best: By circuit and cell, how many times slower the fastest of those that compile is.
        path: Of a PNG.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, len(CIRCUITS), sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, CIRCUITS, strict=True):
        _panel(axes, kind, [row for row in rows if row["circuit"] == kind], best)
    panels[0].set_ylabel("ms, forward and backward, one batch")
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=6, frameon=False)
    figure.suptitle(f"{OURS} and other simulators: the figures say how many times faster it is than the best compiled")
    figure.savefig(path, dpi=120)


def _panel(axes: Axes, kind: str, rows: list[Json], best: dict[tuple[str, str], float]) -> None:
    cells = [f"{row['wires']}, {row['layers']}, {row['batch']}" for row in rows]
    ours = [median(row["ms"]) for row in rows]
    for name in dict.fromkeys(name for row in rows for name in row["peers"]):
        there = [(place, row["peers"][name]) for place, row in enumerate(rows) if row["peers"].get(name, {}).get("ms")]
        if there:
            axes.plot([place for place, _ in there], [median(some["ms"]) for _, some in there], "o-", ms=4, label=name)
    axes.plot(range(len(cells)), ours, "s-", color="black", lw=2, label=OURS)
    for place, cell in enumerate(cells):
        if (kind, cell) in best:
            axes.annotate(
                f"{number(best[kind, cell])}x", (place, ours[place]), (0, -14), textcoords="offset points", ha="center"
            )
    axes.set_yscale("log")
    axes.margins(x=0.1, y=0.12)
    axes.set_xticks(range(len(cells)), cells)
    axes.set_xlabel("wires, layers, batch")
    axes.set_title(f"{kind}: {CIRCUITS[kind]}", fontsize=10)
    axes.grid(alpha=0.3)
