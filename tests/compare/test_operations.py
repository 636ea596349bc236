from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.build import build
from qgan.compare.operations import counted, sweep, whole_pass
from qgan.loop import train

if TYPE_CHECKING:
    from conftest import Maker


def facts(wires: int, single: int, pairs: int, weights: int) -> dict:
    return {"wires": wires, "gates": {"RY": single, "CZ": pairs}, "two_wire_gates": pairs, "weights": weights}


sizes = st.tuples(st.integers(1, 20), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))


@given(sizes)
def test_a_wire_more_doubles_all_and_gates_add_up(size: tuple[int, int, int, int]) -> None:
    wires, single, pairs, weights = size
    one, larger = facts(*size), facts(wires + 1, single, pairs, weights)
    assert whole_pass(larger) == 2 * whole_pass(one)
    assert sweep(larger) == 2 * sweep(one)
    assert whole_pass(one) == whole_pass(facts(wires, single, 0, 0)) + whole_pass(facts(wires, 0, pairs, 0))
    assert sweep(one) >= 2 * whole_pass(one)


def test_by_hand() -> None:
    # Two amplitudes, each a sum of two products: 2 (2 6 + 2).
    assert whole_pass(facts(1, 1, 0, 1)) == 28
    # Four amplitudes, each a sum of four products.
    assert whole_pass(facts(2, 0, 1, 0)) == 4 * 30
    assert sweep(facts(1, 1, 0, 1)) == 2 * 28 + 2 * 22


def test_products_of_matrices_by_hand(make: "Maker") -> None:
    config = make.config(
        generator={"name": "mlp", "latent_dim": 3, "parameters": 32},
        discriminator={"name": "mlp", "hidden": [7]},
        data={"name": "gaussian-ring"},
    )
    experiment = build(config)
    steps = train(experiment.state, experiment.game, experiment.batches, steps=2)
    found = counted(experiment, lambda: next(steps))
    batch, generator, discriminator = 4, 3 * 5 + 5 * 2, 2 * 7 + 7 * 1
    # A product and a sum for each weight and sample; forwards for both players, back to weights and hidden units.
    assert found["generator forward"] == 2 * 2 * batch * generator
    assert found["generator backward"] == 2 * batch * (generator + 5 * 2)
    shown = 2 * batch * (2 * discriminator + 2 * (discriminator + 7 * 1))
    assert found["discriminator"] == shown + 2 * batch * (discriminator + discriminator)
    assert found["rest"] == 0


@pytest.mark.parametrize("method", ["adjoint", "parameter-shift"])
def test_circuits_are_counted_by_rule(make: "Maker", method: str) -> None:
    config = make.config(
        generator={"name": "patch", "n_wires": 5, "layers": 1},
        backend={"name": "batched.qubit", "gradient": method},
    )
    experiment = build(config)
    steps = train(experiment.state, experiment.game, experiment.batches, steps=2)
    found, circuit = counted(experiment, lambda: next(steps)), experiment.facts["circuit"]
    assert circuit["weights"] == 5
    rows = 16
    assert found["generator forward"] == 2 * rows * whole_pass(circuit)
    backwards = {"adjoint": sweep(circuit), "parameter-shift": 2 * 5 * whole_pass(circuit)}
    assert found["generator backward"] == rows * backwards[method]


def test_of_a_dephased_twin_the_generator_is_left_out(make: "Maker") -> None:
    config = make.config(generator={"name": "patch", "n_wires": 5, "layers": 2}, twin={"name": "dephased"})
    experiment = build(config)
    steps = train(experiment.state, experiment.game, experiment.batches, steps=2)
    assert set(counted(experiment, lambda: next(steps))) == {"discriminator", "rest"}
