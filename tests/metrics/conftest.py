"""Data of every kind, small, with a source of fresh samples of the same distribution."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pytest

from qgan._typing import Array
from qgan.data.parts import assemble
from qgan.metrics import Reference
from qgan.samples import DataSet, Part

TRAIN, HELD_OUT, N = 900, 60, 60

MODES = np.array([[-1.0, -1.0], [1.0, 1.0], [1.0, 0.0]])
LEVELS = tuple(np.linspace(-1, 1, 8) for _ in range(2))
LETTERS = "abcde"

Source: TypeAlias = Callable[[np.random.Generator, int], Array]


@dataclass(frozen=True)
class Case:
    """One data set.

    Attributes:
        data: Its three parts, all drawn anew.
        fresh: That many more real samples from a generator of random numbers.
        far: Those samples moved to where there are no real ones, still allowed values.
    """

    data: DataSet
    fresh: Callable[[np.random.Generator, int], Part]
    far: Callable[[Part], Part]

    def reference(self) -> Reference:
        return Reference(self.data, self.data.test)


def _mixture(random: np.random.Generator, n: int) -> Array:
    return MODES[random.integers(0, 3, n)] + 0.1 * random.normal(size=(n, 2))


def _table(random: np.random.Generator, n: int) -> Array:
    """Two groups of features that go together, one with fat tails, and a column that is always the same."""
    base = random.normal(size=(n, 2))
    rows = base[:, [0, 0, 1, 1]] + 0.3 * random.normal(size=(n, 4))
    rows[:, 1] = np.sinh(rows[:, 1])
    return np.column_stack([rows, np.full(n, 0.1)])


def _grid(random: np.random.Generator, n: int) -> Array:
    steps = np.clip(np.rint(random.normal(2, 1, n)), 0, 7).astype(int)
    return np.stack([LEVELS[0][steps], LEVELS[1][np.clip(steps + random.integers(0, 2, n), 0, 7)]], axis=1)


def _series(random: np.random.Generator, n: int) -> Array:
    """Moves of which losses make the next ones larger, with a memory of their sign."""
    values, before = np.zeros((n, 12)), random.normal(size=n)
    for moment in range(12):
        size = np.where(before < 0, 0.5 + 0.8 * np.abs(before), 0.5)
        values[:, moment] = before = 0.4 * before + size * random.normal(size=n)
    return values


def _words(random: np.random.Generator, n: int) -> Array:
    """A letter is followed by one of the next two of the alphabet, which is a circle."""
    letters = np.cumsum(np.column_stack([random.integers(0, 5, n), random.integers(1, 3, (n, 9))]), axis=1) % 5
    return letters / 4


@cache
def _digits() -> tuple[Array, np.ndarray]:
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    labels = np.asarray(classes, dtype=np.int64)
    order = np.random.default_rng(3).permutation(len(labels))
    return pixels[order].reshape(-1, 8, 8) / 16, labels[order]


def _case(name: str, source: Source, *, far: Callable[[Array], Array], **more: Any) -> Case:
    random = np.random.default_rng(0)
    train, validation, test = (Part(source(random, n)) for n in (TRAIN, HELD_OUT, HELD_OUT))
    low, high = float(train.values.min()) - 1, float(train.values.max()) + 1
    data = assemble(name, train=train, validation=validation, test=test, low=low, high=high, **more)
    return Case(data, lambda rng, n: Part(source(rng, n)), lambda part: Part(far(part.values)))


def _image() -> Case:
    images, labels = _digits()
    held_out = TRAIN + HELD_OUT
    cuts = np.split(np.arange(len(labels)), [TRAIN, held_out, held_out + HELD_OUT])
    *parts, pool = (Part(images[rows], labels[rows]) for rows in cuts)
    train, validation, test = parts
    data = assemble(
        "image", train=train, validation=validation, test=test, low=0.0, high=1.0, labelled=train, kind="image"
    )
    return Case(
        data,
        lambda random, n: pool.subset(random.permutation(len(pool))[:n]),
        lambda part: Part(1 - part.values, part.labels),
    )


MAKERS: dict[str, Callable[[], Case]] = {
    "mixture": lambda: _case("mixture", _mixture, far=lambda v: v + 5, modes=MODES, mode_radius=0.25),
    "table": lambda: _case("table", _table, far=lambda v: v + 5, names=tuple("abcde")),
    "grid": lambda: _case("grid", _grid, far=np.negative, levels=LEVELS),
    "line": lambda: _case("line", lambda rng, n: _grid(rng, n)[:, :1], far=np.negative, levels=LEVELS[:1]),
    "series": lambda: _case("series", _series, far=lambda v: v + 5, kind="series"),
    "image": _image,
    # Only the first two letters are left.
    "text": lambda: _case(
        "text",
        _words,
        far=lambda v: np.minimum(v, 0.25),
        kind="text",
        alphabet=LETTERS,
        levels=(np.arange(5) / 4,) * 10,
    ),
}


@cache
def case(name: str) -> Case:
    return MAKERS[name]()


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    return {name: case(name) for name in MAKERS}
