from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from circuits import CIRCUITS, Circuit
from qgan.backends import resolve
from qgan.config import Component
from qgan.data.arrays import from_array
from qgan.generators import GENERATORS, Generator, Ingredients
from qgan.seeding import Key

OPTIONS: dict[str, dict[str, Any]] = {
    "patch": {"n_wires": 3, "layers": 2},
    "mlp": {"parameters": 31, "latent_dim": 4},
    "conv": {"parameters": 51, "latent_dim": 4},
    "recurrent": {"parameters": 45},
}
# Where a sample of another shape wants another budget.
BUDGETS = {("mlp", (1,)): 11, ("conv", (1,)): 25, ("conv", (2, 4)): 77}


def circuit(own: Circuit | None, name: str, **options: Any) -> Circuit:
    return own or CIRCUITS[name](**options)


def inner(component: Component, ingredients: Ingredients) -> Generator:
    entry = GENERATORS[component.name]
    return entry.make(entry.options.model_validate(component.options), ingredients)


def generator(
    name: str,
    *,
    shape: tuple[int, ...] = (6,),
    low: float = 0.0,
    high: float = 1.0,
    seed: int = 0,
    shots: int | None = None,
    own: Circuit | None = None,
    **options: Any,
) -> Generator:
    values = np.random.default_rng(0).uniform(low, high, (20, *shape))
    values.flat[0], values.flat[-1] = low, high
    data = from_array(values, seed=0)
    object.__setattr__(data, "low", low)
    object.__setattr__(data, "high", high)
    backend = resolve("default.qubit")
    ingredients = Ingredients(
        data=data,
        key=Key(seed, "generator weights"),
        circuit=partial(circuit, own),
        executor=lambda circuit, readout, *, rows: backend.executor(circuit, readout, shots=shots),  # noqa: ARG005
        inner=lambda component, other: inner(component, replace(ingredients, data=other)),
    )
    entry = GENERATORS[name]
    budget = {"parameters": BUDGETS[name, shape]} if (name, shape) in BUDGETS else {}
    return entry.make(entry.options.model_validate({**OPTIONS[name], **budget, **options}), ingredients)


@pytest.fixture
def make() -> Callable[..., Generator]:
    return generator
