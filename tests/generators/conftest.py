from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pennylane as qml
import pytest

from circuits import CIRCUITS, Circuit
from qgan.backends import resolve
from qgan.config import Component
from qgan.data.arrays import from_array
from qgan.generators import GENERATORS, Generator, Ingredients
from qgan.readout import Executor, ReadOut
from qgan.seeding import Key

SMALL = {"n_wires": 3, "layers": 2}

OPTIONS: dict[str, dict[str, Any]] = {
    "patch": SMALL,
    "batch-patch": {"layers": 2},
    "born": {"layers": 2},
    "expectation": {"layers": 2},
    "implicit": SMALL,
    "amplitude": {"layers": 2},
    "prior": {**SMALL, "hidden": [4]},
    "latent": {"inner": {"name": "expectation", "layers": 2}, "hidden": 8, "steps": 20},
    "mlp": {"parameters": 31, "latent_dim": 4},
    "categorical": {"parameters": 40},
    "low-rank-mlp": {"parameters": 50, "latent_dim": 4},
    "coordinate": {"parameters": 60, "latent_dim": 4},
    "orthogonal": {"parameters": 31, "latent_dim": 4},
    "conv": {"parameters": 51, "latent_dim": 4},
    "recurrent": {"parameters": 45},
}
# Where a sample of another shape wants another budget.
BUDGETS = {("mlp", (1,)): 11, ("conv", (1,)): 25, ("conv", (2, 4)): 77}

# Ways of theirs that a conformance suite should see beside the first: "<generator>/<what is said of it>".
VARIANTS: dict[str, dict[str, Any]] = {
    "patch/one": {"patches": None, "n_ancillas": 0},
    "born/samples": {"output": "samples"},
    "born/uniform": {"prepare": "uniform"},
    "born/normal": {"prepare": "normal"},
    "born/random": {"prepare": "random"},
    "expectation/xz": {"observables": "xz"},
    "expectation/head": {"head": "affine", "n_wires": 2, "copies": 2},
    "prior/distribution": {"output": "distribution"},
    "prior/z": {"read_out": "z"},
    "prior/xz": {"read_out": "xz"},
    "latent/autoencoder": {"decoder": "autoencoder"},
    "latent/classical": {"inner": {"name": "mlp", "parameters": 43, "latent_dim": 2}},
}


class Made(NamedTuple):
    """What a generator asked an executor for."""

    circuit: Circuit
    readout: ReadOut
    rows: float
    executor: Executor


def circuit(own: Circuit | None, name: str, **options: Any) -> Circuit:
    return own or CIRCUITS[name](**options)


def _ending_in_rz(name: str, **options: Any) -> Circuit:
    """A circuit of the table, and last of all weights that turn no probability."""
    first = CIRCUITS[name](**options)

    def queue(latent: Any, weights: Any, entangled: bool) -> None:
        first.queue(latent, weights, entangled)
        for wire in range(first.n_wires):
            qml.RZ(weights["last"][..., wire], wires=wire)

    shapes = {**first.weight_shapes, "last": (first.n_wires,)}
    mask = {"last": np.ones(first.n_wires, dtype=bool)}
    inert = {"probabilities": mask, "expectation values of Z": mask}
    return replace(first, weight_shapes=shapes, queue=queue, initial=None, inert=inert)


def inner(component: Component, ingredients: Ingredients) -> Generator:
    entry = GENERATORS[component.name]
    return entry.make(entry.options.model_validate(component.options), ingredients)


def generator(
    name: str,
    *,
    shape: tuple[int, ...] = (6,),
    low: float = 0.0,
    high: float = 1.0,
    levels: Any = 2,
    values: Any = None,
    seed: int = 0,
    shots: int | None = None,
    backend: str = "default.qubit",
    c_dtype: Any = None,
    own: Circuit | None = None,
    circuits: Callable[..., Circuit] | None = None,
    made: list[Made] | None = None,
    **options: Any,
) -> Generator:
    """A generator of the table, or a variant of one.

    Args:
        name: Of the generator, or of the variant.
        shape: Of a sample.
        low: The smallest value of the data.
        high: The largest.
        levels: Values that each feature can take: their number, evenly from low to high, or themselves for each; None
            for continuous data.
        values: The data; evenly distributed values if None.
        seed: Of the weights.
        shots: For each circuit.
        backend: Where they are run.
        c_dtype: In which precision, where there is a choice.
        own: A circuit to take for each that is asked for.
        circuits: What makes circuits of names; the table if None.
        made: Where executors are noted.
        options: Of the generator.
    """
    if values is None:
        values = np.random.default_rng(0).uniform(low, high, (20, *shape))
        values.flat[0], values.flat[-1] = low, high
    data = replace(from_array(values, seed=0), low=low, high=high)
    if levels is not None:
        grids = [np.linspace(low, high, levels)] * data.features if isinstance(levels, int) else levels
        data = replace(data, levels=tuple(np.asarray(grid, dtype=float) for grid in grids))

    def executor(circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor:
        new = resolve(backend).executor(circuit, readout, shots=shots, c_dtype=c_dtype)
        if made is not None:
            made.append(Made(circuit, readout, rows, new))
        return new

    ingredients = Ingredients(
        data=data,
        key=Key(seed, "generator weights"),
        circuit=circuits or partial(circuit, own),
        executor=executor,
        inner=lambda component, other: inner(component, replace(ingredients, data=other)),
    )
    plain = name.partition("/")[0]
    entry = GENERATORS[plain]
    budget = {"parameters": BUDGETS[plain, shape]} if (plain, shape) in BUDGETS else {}
    given = {**OPTIONS.get(plain, {}), **budget, **VARIANTS.get(name, {}), **options}
    return entry.make(entry.options.model_validate(given), ingredients)


@pytest.fixture
def make() -> Callable[..., Generator]:
    return generator


@pytest.fixture
def ending_in_rz() -> Callable[..., Circuit]:
    return _ending_in_rz


@pytest.fixture(params=[*GENERATORS, *VARIANTS])
def name(request: pytest.FixtureRequest) -> str:
    """Every generator, and every variant."""
    return request.param
