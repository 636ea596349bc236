"""`batched.qubit` in torch's own operations: the same circuits as in its kernels, on tensors of any device."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.forms import random_difference
from circuits import CIRCUITS, Circuit, from_function
from qgan.backends import resolve
from qgan.backends.batched.engine import Engine
from qgan.backends.batched.gates import Angle, Gates, X, Y, Z
from qgan.backends.batched.lowering import lower
from qgan.backends.batched.on_torch.executor import TorchExecutor
from qgan.backends.batched.on_torch.form import Form
from qgan.backends.batched.on_torch.replays import CudaGraphs, Recording, Replays
from qgan.backends.batched.plan import Product, Sum, compiled
from qgan.errors import DivergedError
from qgan.readout import Counts, Executor, ExpectationXZ, ExpectationZ, Probabilities, ReadOut
from qgan.seeding import Key

CPU = torch.device("cpu")
READOUTS = [Probabilities(), ExpectationZ(), ExpectationXZ()]
ALLOWED = {"complex64": 1e-4, "complex128": 1e-10}


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_wires=st.integers(1, 6),
    n_gates=st.integers(0, 30),
    rows=st.integers(1, 6),
    sets=st.integers(1, 3),
    c_dtype=st.sampled_from(["complex64", "complex128"]),
)
def test_values_and_gradients_are_those_of_default_qubit(seed, n_wires, n_gates, rows, sets, c_dtype):
    found = random_difference(seed, n_wires=n_wires, n_gates=n_gates, rows=rows, sets=sets, c_dtype=c_dtype)
    assert found.values < ALLOWED[c_dtype]
    assert found.gradients < ALLOWED[c_dtype]


def inputs(circuit: Circuit, *, rows: int, sets: int | None) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    rng = np.random.default_rng(5)
    lead = () if sets is None else (sets,)
    latent = torch.from_numpy(rng.normal(size=(rows, circuit.latent_dim))).requires_grad_()
    weights = {
        name: torch.from_numpy(rng.normal(size=(*lead, *shape))).requires_grad_()
        for name, shape in circuit.weight_shapes.items()
    }
    return latent, weights


def both_forms(circuit: Circuit, readout: ReadOut, c_dtype: Any = "complex128") -> tuple[Executor, TorchExecutor]:
    backend = resolve("batched.qubit")
    kernels = backend.executor(circuit, readout, shots=None, c_dtype=c_dtype)
    on_torch = backend.executor(circuit, readout, shots=None, c_dtype=c_dtype, device=CPU)
    assert isinstance(on_torch, TorchExecutor)
    return kernels, on_torch


def slopes(out: torch.Tensor, of: Sequence[torch.Tensor]) -> Sequence[torch.Tensor | None]:
    weighed = out * torch.linspace(-1, 2, out.numel(), dtype=torch.float64).reshape(out.shape)
    return torch.autograd.grad(weighed.sum(), of, allow_unused=True)


@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: readout.name)
@pytest.mark.parametrize("name", CIRCUITS)
def test_every_circuit_gives_what_its_kernels_give(name, readout):
    for n_wires, sets in ((1, None), (4, None), (6, 3)):
        circuit = CIRCUITS[name](n_wires=n_wires, layers=2)
        latent, weights = inputs(circuit, rows=6, sets=sets)
        of = [latent, *weights.values()]
        kernels, on_torch = both_forms(circuit, readout)
        expected, found = (executor(latent, weights, key=Key(0, "forms")) for executor in (kernels, on_torch))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
        for one, other in zip(slopes(found, of), slopes(expected, of), strict=True):
            # Where one has no slope, the other has none.
            assert (one is None) == (other is None)
            if one is not None:
                torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
        assert on_torch.counts == kernels.counts


def many_controls(latent: Any, weights: Any) -> None:
    for wire in range(7):
        qml.RY(latent[..., wire % 2] + wire, wires=wire)
    qml.MultiControlledX(wires=range(7), control_values=[1, 0, 1, 1, 0, 1])
    qml.CRX(weights["w"][..., 0], wires=[6, 0])
    qml.MultiControlledX(wires=[6, 5, 4, 3, 2, 1])
    qml.RZ(weights["w"][..., 1], wires=1)
    qml.Hadamard(wires=1)


def test_a_gate_with_more_controls_than_a_block_has_wires_is_right():
    circuit = from_function(many_controls, n_wires=7, latent_dim=2, weight_shapes={"w": (2,)}, name="controls")
    latent, weights = inputs(circuit, rows=3, sets=None)
    kernels, on_torch = both_forms(circuit, Probabilities())
    expected, found = (executor(latent, weights, key=Key(0, "forms")) for executor in (kernels, on_torch))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    for one, other in zip(slopes(found, [latent, weights["w"]]), slopes(expected, [latent, weights["w"]]), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("axis", [X, Y, Z])
def test_a_rotation_with_many_controls_has_its_slope(axis):
    def gates() -> Gates:
        made = lower([qml.RY(0.7 + wire, wire) for wire in range(7)] + [qml.CNOT([5, 2])], 7)
        where = tuple(made.frame.parities[:5])
        made.turn(axis, 6, Angle(0.2, 1.0, 7), where)
        made.turn(Y, 1, Angle(0.0, 1.0, 8))
        return made

    sums = [
        *(Sum(0.7 + wire, ()) for wire in range(7)),
        Sum(0.0, (Product(1.0, (0,)),)),
        Sum(0.0, (Product(1.0, (1,)),)),
    ]
    engine = Engine(compiled(gates(), sums), dtype=np.float64)
    rows = np.array([[0.4, 1.1], [2.0, -0.3]])
    expected, held = engine.push(rows, np.zeros((1, 0)), batch=2, keep=True)
    cotangent = np.linspace(-1, 2, expected.size).reshape(expected.shape)
    assert held is not None
    by_latent, _ = engine.pull(held, cotangent, by_latent=True, by_weights=False)

    form = Form(gates(), sums, words=None, latents=2, weights=0, dtype=np.float64, device=CPU)
    latent = torch.from_numpy(rows).requires_grad_()
    found = form(latent, torch.zeros(1, 0, dtype=torch.float64), Counts())
    torch.testing.assert_close(found.detach(), torch.from_numpy(expected), rtol=0, atol=1e-12)
    torch.testing.assert_close(slopes(found, [latent])[0], torch.from_numpy(by_latent), rtol=0, atol=1e-12)


def test_what_no_angle_depends_on_has_no_slope():
    def function(latent: Any, weights: Any) -> None:
        qml.RY(weights["used"][..., 0] + 0.0 * latent[..., 0], wires=0)

    shapes = {"idle": (3,), "used": (1,)}
    circuit = from_function(function, n_wires=1, latent_dim=1, weight_shapes=shapes, name="idle")
    latent, weights = inputs(circuit, rows=2, sets=None)
    _, on_torch = both_forms(circuit, Probabilities())
    found = on_torch(latent, weights, key=Key(0, "forms"))
    by_latent, idle, used = slopes(found, [latent, weights["idle"], weights["used"]])
    assert by_latent is None
    assert idle is None
    assert used is not None
    assert used.abs() > 0.01


def style(n_wires: int = 4) -> Circuit:
    return CIRCUITS["style"](n_wires=n_wires, layers=2)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", ["latent", "weights"])
@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: readout.name)
def test_an_angle_that_is_not_finite_is_refused(readout, side, wrong):
    circuit = style()
    latent, weights = inputs(circuit, rows=5, sets=None)
    name = next(iter(weights))
    spoilt = {"latent": latent.detach().clone(), "weights": weights[name].detach().clone()}
    spoilt[side].view(-1)[-1] = wrong
    _, on_torch = both_forms(circuit, readout)
    with pytest.raises(DivergedError, match="not finite"):
        on_torch(spoilt["latent"], {**weights, name: spoilt["weights"]}, key=Key(0, "forms"))


def test_huge_angles_are_as_good_as_small_ones():
    circuit = CIRCUITS["iqp"](n_wires=3, layers=2)
    latent, weights = inputs(circuit, rows=2, sets=None)
    _, on_torch = both_forms(circuit, Probabilities(), "complex64")
    turned = {name: values + 4 * np.pi * 2**20 for name, values in weights.items()}
    near, far = (on_torch(latent, some, key=Key(0, "forms")) for some in (weights, turned))
    torch.testing.assert_close(far, near, rtol=0, atol=1e-5)


def test_a_second_way_back_gives_the_same():
    circuit = style()
    latent, weights = inputs(circuit, rows=3, sets=None)
    found = both_forms(circuit, Probabilities())[1](latent, weights, key=Key(0, "forms"))
    first, second = (torch.autograd.grad(found[:, 1].sum(), latent, retain_graph=True)[0] for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_nothing_is_kept_for_a_way_back_that_nobody_goes():
    circuit = style()
    latent, weights = inputs(circuit, rows=3, sets=None)
    _, on_torch = both_forms(circuit, Probabilities())
    with torch.no_grad():
        assert not on_torch(latent, weights, key=Key(0, "forms")).requires_grad
    assert on_torch.counts.executions == 3


class Watched(TorchDispatchMode):
    """Fails where a tensor goes to another device, a number to Python, or a sum may come out otherwise each time."""

    # What waits for a GPU, and what adds up on it in an order of its own.
    REFUSED = (
        "_local_scalar_dense", "nonzero", "item", "is_nonzero", "equal", "unique", "masked_select",
        "index_add", "index_put", "scatter_add", "scatter_reduce", "put_", "bincount", "histc", "index_reduce",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func).removeprefix("aten.")
        self.seen.add(name.split(".")[0])
        assert not any(refused in name for refused in self.REFUSED), name
        out = func(*args, **(kwargs or {}))
        devices = {leaf.device for leaf in tree_leaves((args, kwargs, out)) if isinstance(leaf, torch.Tensor)}
        assert len(devices) <= 1, (name, devices)
        assert (kwargs or {}).get("device") in (None, *devices), (name, kwargs)
        return out


@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: readout.name)
@pytest.mark.parametrize("name", CIRCUITS)
def test_nothing_leaves_the_device_waits_for_it_or_is_summed_in_any_order(name, readout):
    circuit = CIRCUITS[name](n_wires=5, layers=2)
    _, on_torch = both_forms(circuit, readout, "complex64")
    latent, weights = inputs(circuit, rows=6, sets=2)
    flat = torch.cat([values.reshape(2, -1) for values in weights.values()], dim=1)
    with Watched() as watched:
        out = on_torch._form(latent, flat, on_torch.counts)
        torch.autograd.grad(out.sum(), [latent, flat], allow_unused=True)
    assert {"bmm", "addmm"} <= watched.seen


def test_what_is_watched_for_is_seen():
    values = torch.ones(3, requires_grad=True)
    index = torch.tensor([0, 0, 1])
    with Watched(), pytest.raises(AssertionError, match="_local_scalar_dense"):
        values.sum().item()
    with Watched(), pytest.raises(AssertionError, match=r"index_add|index_put|scatter_add"):
        torch.autograd.grad(values[index].sum(), values)
    with Watched(), pytest.raises(AssertionError, match="meta"):
        values.to("meta")


class Again(Recording):
    """Replays by running the form again: what CUDA graphs do, on a CPU."""

    def __init__(self, form: Form, latent: torch.Tensor, weights: torch.Tensor) -> None:
        self._form, self.latent, self.weights = form, latent.clone(), weights.clone()
        for own, asked in ((self.latent, latent), (self.weights, weights)):
            own.detach_().requires_grad_(asked.requires_grad)
        self.found = torch.full((len(latent), form.size), torch.nan, dtype=torch.float64)
        self.cotangent = torch.full_like(self.found, torch.nan)
        self.slopes = self._like(self.latent), self._like(self.weights)

    @staticmethod
    def _like(given: torch.Tensor) -> torch.Tensor | None:
        return torch.full_like(given, torch.nan) if given.requires_grad else None

    def forward(self) -> None:
        wanted = [each for each in (self.latent, self.weights) if each.requires_grad]
        with torch.set_grad_enabled(bool(wanted)):
            self._out = self._form(self.latent, self.weights, Counts())
        self.found.copy_(self._out.detach())

    def back(self) -> None:
        places = [place for place in self.slopes if place is not None]
        of = [each for each in (self.latent, self.weights) if each.requires_grad]
        for place, slope in zip(places, torch.autograd.grad(self._out, of, self.cotangent), strict=True):
            place.copy_(slope)


def replayed(rows: int = 4) -> tuple[Form, Replays, list[Recording], list[tuple[torch.Tensor, torch.Tensor]]]:
    """A form, one that records itself, its recordings, and three pairs of inputs."""
    form = both_forms(style(), ExpectationXZ())[1]._form
    made: list[Recording] = []

    def record(*given: Any) -> Recording:
        made.append(Again(*given))
        return made[-1]

    pairs = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        latent, weights = (
            torch.rand(shape, dtype=torch.float64, generator=generator).requires_grad_()
            for shape in ((rows, style().latent_dim), (1, sum(map(math.prod, style().weight_shapes.values()))))
        )
        pairs.append((latent, weights))
    return form, Replays(form, record), made, pairs


def test_a_shape_is_recorded_when_it_comes_again_and_gives_the_same():
    form, replays, made, pairs = replayed()
    counts = Counts()
    for run, pair in enumerate(pairs):
        found, expected = replays(*pair, counts), form(*pair, Counts())
        assert torch.equal(found, expected)
        for one, other in zip(slopes(found, pair), slopes(expected, pair), strict=True):
            assert one is not None
            assert other is not None
            assert torch.equal(one, other)
        assert len(made) == (run > 0)
    assert counts.executions == 3 * 2 * len(pairs[0][0])


def test_batches_that_are_replayed_between_there_and_back_do_not_mix():
    form, replays, _, pairs = replayed()
    for pair in pairs:
        replays(*pair, Counts())
    found = [replays(*pair, Counts()) for pair in pairs]
    for out, pair in [*zip(found, pairs, strict=True)][::-1]:
        expected = slopes(form(*pair, Counts()), pair)
        weighed = (out * torch.linspace(-1, 2, out.numel(), dtype=torch.float64).reshape(out.shape)).sum()
        first, second = (torch.autograd.grad(weighed, pair, retain_graph=True) for _ in range(2))
        for one, again, other in zip(first, second, expected, strict=True):
            assert other is not None
            assert torch.equal(one, other)
            assert torch.equal(again, other)


def test_slopes_are_recorded_for_those_who_want_them():
    form, replays, made, pairs = replayed()
    latent, weights = pairs[0]
    asked = [(latent, weights), (latent.detach(), weights), (latent.detach(), weights.detach())]
    for pair in asked * 2:
        out = replays(*pair, Counts())
        assert torch.equal(out, form(*pair, Counts()))
        assert out.requires_grad == any(each.requires_grad for each in pair)
    with torch.no_grad():
        assert not replays(latent, weights, Counts()).requires_grad
    assert [[slope is not None for slope in recording.slopes] for recording in made] == [
        [True, True], [False, True], [False, False]
    ]  # fmt: skip


def test_no_more_recordings_are_kept_than_there_is_room_for(monkeypatch):
    _, replays, made, pairs = replayed()
    latent, weights = (each.detach() for each in pairs[0])
    monkeypatch.setattr("qgan.backends.batched.on_torch.replays.KEPT", 2)
    shapes = (1, 2, 3)
    for rows in [*shapes, *shapes]:
        # Each is forgotten before it comes again.
        replays(latent[:rows], weights, Counts())
    assert not made
    monkeypatch.setattr("qgan.backends.batched.on_torch.replays.MOST", 0)
    for _ in range(3):
        replays(latent[:1], weights, Counts())
    assert not made


@pytest.mark.gpu
@pytest.mark.parametrize("name", CIRCUITS)
def test_a_gpu_replays_the_same_bits(name):
    circuit = CIRCUITS[name](n_wires=6, layers=2)
    readout = ExpectationXZ()
    backend, device = resolve("batched.qubit"), torch.device("cuda")
    there = backend.executor(circuit, readout, shots=None, c_dtype="complex64", device=device)
    assert isinstance(there, TorchExecutor)
    latent, weights = inputs(circuit, rows=8, sets=2)
    of = [latent, *weights.values()]
    first, *others = (there(latent, weights, key=Key(0, "forms")) for _ in range(4))
    assert isinstance(there._run, Replays)
    assert any(isinstance(recording, CudaGraphs) for recording in there._run._known.values())
    expected = slopes(first, of)
    for found in others:
        assert torch.equal(found, first)
        for one, other in zip(slopes(found, of), expected, strict=True):
            assert (one is None) == (other is None)
            assert one is None or torch.equal(one, other)  # type: ignore[arg-type]


@pytest.mark.gpu
@pytest.mark.parametrize("name", CIRCUITS)
def test_a_gpu_gives_what_the_kernels_give_and_the_same_bits_again(name):
    circuit = CIRCUITS[name](n_wires=6, layers=2)
    latent, weights = inputs(circuit, rows=8, sets=2)
    of = [latent, *weights.values()]
    backend = resolve("batched.qubit")
    device = torch.device("cuda")
    kernels = backend.executor(circuit, Probabilities(), shots=None, c_dtype="complex128")
    there = backend.executor(circuit, Probabilities(), shots=None, c_dtype="complex128", device=device)
    expected, found, again = (each(latent, weights, key=Key(0, "forms")) for each in (kernels, there, there))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(again, found, rtol=0, atol=0)
    for one, other, third in zip(slopes(found, of), slopes(expected, of), slopes(again, of), strict=True):
        if one is not None:
            torch.testing.assert_close(one, other, rtol=0, atol=1e-10)
            torch.testing.assert_close(one, third, rtol=0, atol=0)
