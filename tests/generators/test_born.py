from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import Circuit, begun_uniform
from qgan.build import build
from qgan.config import load
from qgan.data.arrays import from_array
from qgan.errors import ConfigError, ResourceError
from qgan.generators import BornGenerator
from qgan.generators.outcomes import MOST
from qgan.objects import Objects
from qgan.seeding import Key

Make = Callable[..., BornGenerator]
KEY = Key(5, "latent", 2)


def rotations(name: str = "rotations", *, n_wires: int, layers: int, entangled: bool = True) -> Circuit:
    """No latents: RY on every wire, then CZ along the line, in layers."""

    def queue(latent: Any, weights: Any, entangled: bool) -> None:  # noqa: ARG001
        for layer in range(layers):
            for wire in range(n_wires):
                qml.RY(weights["w"][..., layer, wire], wires=wire)
            for wire in range(n_wires - 1 if entangled else 0):
                qml.CZ(wires=(wire, wire + 1))

    return Circuit(
        name=name,
        n_wires=n_wires,
        latent_dim=0,
        weight_shapes={"w": (layers, n_wires)},
        queue=queue,
        entangled=entangled,
    )


def probabilities(circuit: Circuit, weights: np.ndarray) -> np.ndarray:
    """From PennyLane itself."""

    @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
    def run() -> Any:
        circuit.gates(np.zeros(0), {"w": weights})
        return qml.probs(wires=range(circuit.n_wires))

    return np.asarray(run())


def test_the_grid_is_weighted_by_its_probabilities(make: Make) -> None:
    levels = [[0.0, 0.5, 2.0, 3.0], [-1.0, 1.0]]
    module = make("born", shape=(2,), levels=levels, circuits=rotations)
    samples = module(module.draw(6, KEY))
    expected = probabilities(module.circuit, module.weights["w"][0].detach().numpy())
    np.testing.assert_allclose(samples.weights.detach(), expected, atol=1e-6)
    assert samples.values.tolist() == [[first, second] for first in levels[0] for second in levels[1]]
    assert module.diagnostics == {}


def test_levels_that_are_no_power_of_two_are_post_selected(make: Make) -> None:
    module = make("born", shape=(2,), levels=[[0.0, 1.0, 2.0], [5.0, 6.0]], circuits=rotations)
    samples = module(module.draw(6, KEY))
    kept = probabilities(module.circuit, module.weights["w"][0].detach().numpy())[:6]
    np.testing.assert_allclose(samples.weights.detach(), kept / kept.sum(), atol=1e-6)
    assert samples.values.tolist() == [[a, b] for a in (0.0, 1.0, 2.0) for b in (5.0, 6.0)]
    assert module.diagnostics["postselection"] == pytest.approx(kept.sum(), abs=1e-9)


def test_one_circuit_serves_the_whole_batch(make: Make) -> None:
    for output in ("distribution", "samples"):
        module = make("born", circuits=rotations, output=output, shots=100)
        module.sample(50, KEY)
        assert (module.counts.executions, module.counts.shots) == (1, 100)


def test_samples_are_drawn_by_weight(make: Make) -> None:
    for output in ("distribution", "samples"):
        module = make("born", shape=(2,), circuits=rotations, output=output)
        values = module.sample(20_000, KEY).values
        found = torch.bincount((values @ torch.tensor([2.0, 1.0])).long(), minlength=4) / 20_000
        expected = probabilities(module.circuit, module.weights["w"][0].detach().numpy())
        # Four standard errors of a relative frequency, at most.
        np.testing.assert_allclose(found, expected, atol=4 * 0.5 / 20_000**0.5)


def test_latents_are_mixed(make: Make) -> None:
    module = make("born", shape=(2,))
    draw = module.draw(3, KEY)
    rows = [module(type(draw)(row[None], None, KEY)).weights for row in draw.latent]
    torch.testing.assert_close(module(draw).weights, torch.stack(rows).mean(0))


def test_a_product_state_has_no_correlation(make: Make) -> None:
    for entangled in (True, False):
        module = make("born", shape=(2,), circuits=rotations, entangled=entangled)
        joint = module(module.draw(1, KEY)).weights.detach().double().reshape(2, 2)
        assert (abs(torch.linalg.det(joint).item()) < 1e-7) == (not entangled)


def still(module: BornGenerator) -> np.ndarray:
    """What is prepared: without rotations, phases apart."""
    with torch.no_grad():
        module.weights["w"].zero_()
    return module(module.draw(1, KEY)).weights.detach().numpy()


def test_it_begins_uniform(make: Make) -> None:
    module = make("born", circuits=rotations, prepare="uniform")
    np.testing.assert_allclose(still(module), np.full(64, 1 / 64), atol=1e-7)


def test_it_begins_as_its_circuit_does(make: Make) -> None:
    assert still(make("born", circuits=rotations))[0] == pytest.approx(1, abs=1e-6)


def test_it_begins_in_the_normal_distribution_of_the_training_data(make: Make) -> None:
    grids = [np.linspace(0, 1, 8), np.linspace(0, 1, 3)]
    values = np.random.default_rng(3).beta(2, 5, (40, 2))
    module = make("born", shape=(2,), values=values, levels=grids, circuits=rotations, prepare="normal")
    train = from_array(values, seed=0).train.values
    marginals = [np.exp(-((g - c.mean()) ** 2) / (2 * c.var())) for g, c in zip(grids, train.T, strict=True)]
    expected = np.kron(*(marginal / marginal.sum() for marginal in marginals))
    np.testing.assert_allclose(still(module), expected, atol=1e-6)
    assert module.diagnostics["postselection"] == pytest.approx(1, abs=1e-9)


def test_it_begins_anywhere(make: Make) -> None:
    module = make("born", circuits=rotations, prepare="random", layers=50)
    weights = module.weights["w"].detach()
    assert 0 <= weights.min() < 0.3
    assert 2 * np.pi - 0.3 < weights.max() < 2 * np.pi
    assert still(module)[0] == pytest.approx(1, abs=1e-6)


def test_a_column_that_is_constant_is_prepared_at_its_level(make: Make) -> None:
    values = np.full((20, 1), 2.0)
    module = make("born", shape=(1,), values=values, levels=[[0.0, 1, 2, 3]], circuits=rotations, prepare="normal")
    np.testing.assert_allclose(still(module), [0, 0, 1, 0], atol=1e-6)


def test_data_without_levels_is_refused(make: Make) -> None:
    for levels, got in ((None, "continuous values"), ([[1.0]] * 6, "one level")):
        with pytest.raises(
            ConfigError, match=r"puts probabilities on a grid.*Set generator\.name=expectation"
        ) as caught:
            make("born", levels=levels)
        assert got in str(caught.value)


def test_a_grid_too_large_to_be_given_whole_is_drawn_from(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"Got: 131072 points.*Set generator\.output=samples"):
        make("born", shape=(17,))
    assert MOST == 2**16


def test_a_grid_too_large_for_any_computer_is_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match="takes 70 wires"):
        make("born", shape=(70,), output="samples")


@pytest.mark.parametrize("n_wires", [5, 7])
def test_wires_that_do_not_fit_are_refused(make: Make, n_wires: int) -> None:
    with pytest.raises(ConfigError, match=r"takes 6 wires.*Set generator\.n_wires=6, or leave it out"):
        make("born", n_wires=n_wires)
    with pytest.raises(ConfigError, match=r"Got: a circuit of .*Give a circuit of 6 wires"):
        make("born", own=rotations(n_wires=n_wires, layers=1))
    assert make("born", n_wires=6).registers.n_wires == 6


def test_a_preparation_that_entangles_is_refused_where_nothing_shall(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"Set generator\.prepare=uniform"):
        make("born", levels=4, shape=(2,), prepare="normal", entangled=False)


def test_memory_is_that_of_one_circuit_whatever_the_batch() -> None:
    values = np.random.default_rng(0).integers(0, 2, (20, 10)).astype(float)
    data = replace(from_array(values, seed=0), levels=(np.array([0.0, 1.0]),) * 10)
    generator = {"name": "born", "layers": 2}
    changes = {"generator": generator, "train.batch_size": 2**20, "run.device": "cpu"}
    config = load("digits-patch", changes=changes.items())
    build(config, Objects(data=data, circuit=rotations(n_wires=10, layers=2)))
    # A circuit for each sample is another matter.
    with pytest.raises(ResourceError, match="need too much memory"):
        build(config, Objects(data=data))


def test_a_normal_distribution_before_a_superposition_is_refused(make: Make) -> None:
    own = begun_uniform(rotations(n_wires=6, layers=1))
    with pytest.raises(ConfigError, match=r"generator\.prepare = normal .*superposition of its own.*Prepare nothing"):
        make("born", own=own, prepare="normal")
