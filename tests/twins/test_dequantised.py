"""The dequantised twin: a classical map with the weights, the read-outs and the batches of its circuit."""

import numpy as np
import pytest
import torch

from circuits import CIRCUITS
from qgan._registry import NoOptions
from qgan.errors import ConfigError
from qgan.readout import Counts, ExpectationXZ, ExpectationZ, Probabilities
from qgan.seeding import Key, stream
from qgan.twins import TWINS, Setting
from qgan.twins.spectrum import spectrum_of

KEY = Key(3, "dequantised")


def twin(shots=None, key=KEY):
    return TWINS["dequantised"].make(NoOptions(), Setting(key, 4, shots))


def never(*_, **__):
    raise AssertionError("a circuit was run")


def executor(circuit, readout, key=KEY):
    return twin(key=key).executor(never)(circuit, readout, rows=1)


def inputs(circuit, *, rows=6, sets=None, seed=0):
    rng = np.random.default_rng(seed)
    lead = () if sets is None else (sets,)
    latent = torch.tensor(rng.uniform(-3, 3, (rows, circuit.latent_dim)), requires_grad=True)
    weights = {
        name: torch.tensor(rng.normal(size=(*lead, *shape)), requires_grad=True)
        for name, shape in circuit.weight_shapes.items()
    }
    return latent, weights


@pytest.fixture(params=CIRCUITS)
def circuit(request):
    return CIRCUITS[request.param](n_wires=3, layers=2)


def test_probabilities_are_those_of_the_formula(circuit) -> None:
    """One row at a time, in plain sums."""
    run, spectrum = executor(circuit, Probabilities()), spectrum_of(circuit)
    latent, weights = inputs(circuit, sets=2)
    found = run(latent, weights, key=KEY).detach().numpy()
    assert found.shape == (6, 8)
    free = np.setdiff1d(np.arange(circuit.n_weights), spectrum.moving)
    terms = spectrum.draw(len(free), stream(KEY))
    for row in range(6):
        own = {name: values[row // 3].detach() for name, values in weights.items()}
        x = spectrum.latents(latent[row : row + 1].detach(), own)[0].numpy()
        flat = np.concatenate([values.numpy().ravel() for values in own.values()])
        entries = np.zeros(8, dtype=complex)
        for index, (component, string, phase, frequency) in enumerate(zip(*terms, strict=True)):
            entries[string] += 1j**component * flat[free[index]] * np.cos(frequency @ x - phase)
        amplitudes = [sum((-1) ** (s & y).bit_count() * entries[s] for s in range(8)) for y in range(8)]
        squares = np.abs(amplitudes) ** 2
        assert found[row] == pytest.approx(squares / squares.sum(), abs=1e-12)


def test_gradients_are_right(circuit) -> None:
    run = executor(circuit, Probabilities())
    latent, weights = inputs(circuit, rows=2)
    names = list(weights)
    # gradcheck takes no empty leaf.
    leaves = (latent,) if circuit.latent_dim else ()

    def read(*values):
        rows = values[0] if leaves else latent
        return run(rows, dict(zip(names, values[len(leaves) :], strict=True)), key=KEY)

    torch.autograd.gradcheck(read, (*leaves, *weights.values()))


@pytest.mark.parametrize("readout", [ExpectationZ(), ExpectationXZ()], ids=["z", "xz"])
def test_expectation_values_lie_between_the_extremes_and_z_is_that_of_the_probabilities(circuit, readout) -> None:
    latent, weights = inputs(circuit)
    found = executor(circuit, readout)(latent, weights, key=KEY)
    assert found.shape == (6, readout.size(3))
    assert found.abs().max() <= 1 + 1e-12
    z = found if readout.bases == "Z" else found[:, 1::2]
    joint = executor(circuit, Probabilities())(latent, weights, key=KEY)
    torch.testing.assert_close(z, ExpectationZ().read(joint), rtol=0, atol=1e-12)


def test_x_is_read_of_the_amplitudes_before_their_transform() -> None:
    """By the definition of X on each wire, for real amplitudes."""
    circuit = CIRCUITS["hardware-efficient"](n_wires=2, layers=4)
    latent, weights = inputs(circuit, rows=1)
    spectrum = spectrum_of(circuit)
    terms = spectrum.draw(circuit.n_weights, stream(KEY))
    phases = latent.detach().numpy()[0] @ terms.frequency.T - terms.phase
    entries = np.zeros(4)
    np.add.at(entries, terms.string, weights["w"].detach().numpy().ravel() * np.cos(phases))
    state = np.array([sum((-1) ** (s & y).bit_count() * entries[s] for s in range(4)) for y in range(4)])
    state /= np.linalg.norm(state)
    x = np.array([[0, 1], [1, 0]])
    expected = [state @ np.kron(x, np.eye(2)) @ state, state @ np.kron(np.eye(2), x) @ state]
    found = executor(circuit, ExpectationXZ())(latent, weights, key=KEY)[0, ::2].detach().numpy()
    assert found == pytest.approx(expected, abs=1e-12)


def test_weights_begin_as_coefficients_do_and_those_of_the_latents_as_their_own() -> None:
    plain = CIRCUITS["style"](n_wires=4, layers=30)
    circuit = twin().circuit(lambda **_: plain)(n_wires=4)
    weights = circuit.initial_weights(np.random.default_rng(0))
    assert np.array_equal(weights["scale"], plain.initial_weights(np.random.default_rng(0))["scale"])
    assert weights["shift"].std() == pytest.approx(1, abs=0.1)
    assert circuit.n_weights == plain.n_weights


def test_no_weight_does_nothing(circuit) -> None:
    latent, weights = inputs(circuit)
    joint = executor(circuit, Probabilities())(latent, weights, key=KEY)
    (joint * torch.tensor(np.random.default_rng(1).normal(size=joint.shape))).sum().backward()
    still = sum(int((values.grad == 0).sum()) for values in weights.values() if values.grad is not None)
    # Nine weights of the Born machine are one more than there are amplitudes.
    assert still == (1 if circuit.name == "zoufal" else 0)


def test_the_functions_follow_from_the_key_and_no_circuit_is_counted(circuit) -> None:
    latent, weights = inputs(circuit)
    run, same = executor(circuit, Probabilities()), executor(circuit, Probabilities())
    assert torch.equal(run(latent, weights, key=KEY), same(latent, weights, key=Key(9, "other")))
    assert run.counts == Counts()
    other = executor(circuit, Probabilities(), key=Key(4, "dequantised"))
    assert not torch.allclose(run(latent, weights, key=KEY), other(latent, weights, key=KEY))


def test_shots_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"twin is exact.*shots = 7"):
        twin(shots=7).executor(never)
