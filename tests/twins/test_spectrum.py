"""The spectrum of a circuit: its own amplitudes are among the functions drawn from it."""

import math

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import CIRCUITS, from_function
from qgan.errors import ConfigError
from qgan.twins.spectrum import spectrum_of

# More functions than any of these circuits has.
ALL = 10_000


def small(name, entangled=True):
    n_wires, layers = {"style": (1, 1), "data-reuploading": (1, 2), "iqp": (2, 2)}.get(name, (2, 2))
    return CIRCUITS[name](n_wires=n_wires, layers=layers, entangled=entangled)


def inputs(circuit, rows, seed):
    rng = np.random.default_rng(seed)
    weights = {name: rng.uniform(-3, 3, shape) for name, shape in circuit.weight_shapes.items()}
    return rng.uniform(-3, 3, (rows, circuit.latent_dim)), weights


def states(circuit, latent, weights):
    @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
    def node(row):
        circuit.gates(row, weights)
        return qml.state()

    return np.stack([node(row) for row in latent])


def functions(spectrum, terms, latent, weights):
    """Values of the terms' cosines, shape (rows, terms)."""
    tensors = {name: torch.tensor(values) for name, values in weights.items()}
    return np.cos(spectrum.latents(torch.tensor(latent), tensors).numpy() @ terms.frequency.T - terms.phase)


@pytest.mark.parametrize("entangled", [True, False])
@pytest.mark.parametrize("name", CIRCUITS)
def test_with_all_functions_the_circuits_own_amplitudes_are_among_them(name, entangled) -> None:
    circuit = small(name, entangled)
    latent, weights = inputs(circuit, 200, 1)
    spectrum = spectrum_of(circuit)
    terms = spectrum.draw(ALL, np.random.default_rng(2))
    values = functions(spectrum, terms, latent, weights)
    # Amplitudes of bit strings y to the entries whose Walsh transform they are.
    size = 2**circuit.n_wires
    signs = np.array([[(-1) ** (s & y).bit_count() for s in range(size)] for y in range(size)])
    entries = states(circuit, latent, weights) @ signs / size
    for string in range(size):
        for component, wanted in enumerate((entries[:, string].real, entries[:, string].imag)[: spectrum.components]):
            kept = (terms.string == string) & (terms.component == component)
            _, _, rank, _ = np.linalg.lstsq(values[:, kept], wanted, rcond=1e-11)
            found = values[:, kept] @ np.linalg.lstsq(values[:, kept], wanted, rcond=1e-11)[0]
            assert found == pytest.approx(wanted, abs=1e-8), (string, component, rank)
    if spectrum.components == 1:
        assert np.abs(entries.imag).max() < 1e-12


def test_one_gate_less_in_the_spectrum_would_be_noticed() -> None:
    """The same fit for the latents of a circuit that encodes each but once."""
    circuit, once = CIRCUITS["iqp"](n_wires=1, layers=2), CIRCUITS["iqp"](n_wires=1, layers=1)
    latent, weights = inputs(circuit, 200, 1)
    spectrum = spectrum_of(once)
    terms = spectrum.draw(ALL, np.random.default_rng(2))
    first = {name: values[:1] for name, values in weights.items()}
    values = functions(spectrum, terms, latent, first)
    wanted = np.real(states(circuit, latent, weights)[:, 0])
    found = values @ np.linalg.lstsq(values, wanted, rcond=None)[0]
    assert np.abs(found - wanted).max() > 0.1


@settings(max_examples=30)
@given(name=st.sampled_from(sorted(CIRCUITS)), count=st.integers(1, 60), seed=st.integers(0, 100))
def test_functions_are_different_and_of_the_spectrum(name, count, seed) -> None:
    circuit = CIRCUITS[name](n_wires=3, layers=2)
    spectrum = spectrum_of(circuit)
    terms = spectrum.draw(count, np.random.default_rng(seed))
    columns = np.column_stack([terms.component, terms.string, terms.phase, terms.frequency])
    assert len(np.unique(columns, axis=0)) == len(columns) == (min(count, 8) if name == "zoufal" else count)
    # Bit strings take turns.
    used = np.bincount(terms.string, minlength=8)
    assert used.max() - used.min() <= 1
    # No sine of nothing, and no frequency beyond what all gates together can make.
    assert not ((terms.phase > 0) & ~terms.frequency.any(axis=1)).any()
    most = np.array([sum(max(map(abs, gate)) for gate in gates) for gates in spectrum.eigenvalues])
    assert (np.abs(terms.frequency) <= most).all()
    again = spectrum.draw(count, np.random.default_rng(seed))
    assert all(np.array_equal(one, other) for one, other in zip(terms, again, strict=True))


def test_frequencies_come_as_often_as_eigenvalues_add_up_to_them() -> None:
    """Of four gates by the same latent: 0, 1 and 2 as 6, 8 and 2 of 16."""
    spectrum = spectrum_of(CIRCUITS["iqp"](n_wires=1, layers=4))
    drawn = [abs(spectrum.draw(1, np.random.default_rng(seed)).frequency[0, 0]) for seed in range(2000)]
    shares = [drawn.count(value) / 2000 for value in (0, 1, 2)]
    # Three standard deviations of 2,000 draws are at most 0.034.
    assert shares == pytest.approx([6 / 16, 8 / 16, 2 / 16], abs=0.034)


def test_weights_that_multiply_latents_move_the_spectrum() -> None:
    assert spectrum_of(CIRCUITS["style"](n_wires=2, layers=1)).moving == tuple(range(11))
    assert spectrum_of(CIRCUITS["hardware-efficient"](n_wires=2, layers=1)).moving == ()


def test_an_angle_that_is_no_polynomial_is_refused() -> None:
    circuit = from_function(
        lambda z, w: qml.RY(z[..., 0] ** 1.5 + w["w"][..., 0], wires=0), n_wires=1, weight_shapes={"w": (1,)}
    )
    with pytest.raises(ConfigError, match=r"frequencies of the circuit .* are not known"):
        spectrum_of(circuit)


def test_phases_are_quarter_turns() -> None:
    terms = spectrum_of(CIRCUITS["style"](n_wires=2, layers=1)).draw(20, np.random.default_rng(0))
    assert set(terms.phase) == {0.0, math.pi / 2}
