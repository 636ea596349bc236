"""How pictures look: one palette that colour-blind readers can tell apart, with dashes and markers that differ, too."""

__all__ = [
    "FLOOR",
    "INK",
    "MUTED",
    "OPPONENT",
    "OPPONENT_PALE",
    "OTHER",
    "PAPER",
    "ROLES",
    "RULE",
    "SUBJECT",
    "SUBJECT_PALE",
    "TRIVIAL",
    "WIDE",
    "Look",
    "drawing",
    "label",
    "look_of",
    "panel",
    "tidy",
]

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from qgan.report.numbers import shown

# Light colours, for paper; on the page each is a variable of the style sheet. After Okabe and Ito.
INK, MUTED, RULE, PAPER = "#1c1d20", "#63666c", "#dcdde0", "#fdfdfe"
SUBJECT, OPPONENT, FLOOR, TRIVIAL = "#0a6cb3", "#cf5a00", "#0b8a66", "#8d5a97"
OTHER, SUBJECT_PALE, OPPONENT_PALE = "#767a82", "#8fc1e6", "#f0b58c"
ROLES = {
    INK: "ink",
    MUTED: "muted",
    RULE: "rule",
    PAPER: "paper",
    SUBJECT: "one",
    OPPONENT: "two",
    FLOOR: "floor",
    TRIVIAL: "trivial",
    OTHER: "other",
    SUBJECT_PALE: "one-pale",
    OPPONENT_PALE: "two-pale",
}
# Inches: a telephone shows it at about its own size.
WIDE, LONGEST = 4.8, 24

SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.unicode_minus": True,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "text.color": INK,
    "text.parse_math": False,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "path.simplify": False,
}


@final
@dataclass(frozen=True)
class Look:
    """Of a model in all pictures."""

    colour: str
    dashes: Any
    marker: str


SUBJECT_LOOK, OPPONENT_LOOK = Look(SUBJECT, "solid", "o"), Look(OPPONENT, (0, (5, 2)), "s")
OTHER_LOOK = Look(OTHER, (0, (1, 1.5)), "^")


def look_of(model: str, leading: Sequence[str | None]) -> Look:
    """The first two of those that lead, subject and opponent, look so everywhere; all others look alike."""
    if model in leading[:2]:
        return (SUBJECT_LOOK, OPPONENT_LOOK)[leading.index(model)]
    return OTHER_LOOK


@contextmanager
def drawing() -> Iterator[None]:
    """Settings for a while; letters that the font lacks are no cause for alarm, as pages have other fonts."""
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def panel(width: float = WIDE, height: float = 3.2) -> tuple[Figure, Axes]:
    """One picture, small enough for a telephone; inches. Figures never go through pyplot's global state."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def tidy(axes: Axes, *, grid: Literal["x", "y", "both"] = "y") -> None:
    """Calm axes: faint lines behind, plain numbers."""
    axes.grid(True, axis=grid)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "linear":
            continue
        axis.set_major_formatter(FuncFormatter(lambda value, _: shown(float(value))))
        axis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def label(text: str) -> str:
    """A name that may be anything, short enough for a picture."""
    plain = "".join(each if each.isprintable() else "?" for each in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
