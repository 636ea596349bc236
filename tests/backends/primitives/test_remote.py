"""Circuits that are sent away: the same values and gradients, in few jobs, and nothing that nobody has allowed."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from circuits import CIRCUITS
from qgan.backends import resolve
from qgan.backends.jobs import costs
from qgan.backends.jobs.desk import Desk
from qgan.backends.jobs.journal import Journal
from qgan.backends.primitives.local import LocalService
from qgan.backends.primitives.remote import Remote
from qgan.backends.primitives.targets import target_of
from qgan.errors import BackendError
from qgan.readout import ExpectationXZ, ExpectationZ, Probabilities
from qgan.seeding import Key

NAME, KEY, ROWS, SHOTS = "ibm:nowhere", Key(3, "latent/generator/0", 1), 2, 20_000
READOUTS = [Probabilities(), ExpectationZ(), ExpectationXZ()]


def made(circuit, readout=READOUTS[0], *, shots: int | None = SHOTS, method="auto", name=NAME):
    exact = "complex128" if name == "batched.qubit" else None
    return resolve(name).executor(circuit, readout, shots=shots, method=method, c_dtype=exact)


def exact(circuit, readout=READOUTS[0]):
    return made(circuit, readout, shots=None, name="batched.qubit")


def inputs(circuit, *, seed=0):
    rng = np.random.default_rng(seed)
    latent = torch.tensor(rng.uniform(-2, 2, (ROWS, circuit.latent_dim)), requires_grad=True)
    weights = {
        name: torch.tensor(rng.uniform(-2, 2, shape), requires_grad=True)
        for name, shape in circuit.weight_shapes.items()
    }
    return latent, weights


def run(executor, circuit, *, key=KEY, latents=True):
    """Values, and the gradient of a mixture of them by all that goes in, as one vector."""
    latent, weights = inputs(circuit)
    latent = latent.requires_grad_(latents)
    found = executor(latent, weights, key=key)
    mixture = torch.tensor(np.random.default_rng(1).normal(size=found.shape))
    slopes = torch.autograd.grad(
        (found * mixture).sum(), [*([latent] if latents else []), *weights.values()], allow_unused=True
    )
    return found.detach(), torch.cat([slope.flatten() for slope in slopes if slope is not None])


def small():
    return CIRCUITS["hardware-efficient"](n_wires=3, layers=1)


def journal_in(folder):
    """One whose identity, and with it the shots of its jobs, is the same in every run of these tests."""
    folder.mkdir(exist_ok=True)
    journal = Journal(folder)
    if not journal.ledger.events:
        journal.write("opened", id="0123456789abcdef")
    return journal


@pytest.fixture
def office(tmp_path):
    """Where executors are connected to, and what was done there."""
    service = LocalService(target_of("aer"), tmp_path / "here")

    def connect(executor, *, service=service):
        executor.remote.connect(Desk(journal_in(tmp_path), service))
        return executor

    return SimpleNamespace(connect=connect, journal=lambda: journal_in(tmp_path))


@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: type(readout).__name__)
@pytest.mark.parametrize("name", CIRCUITS)
def test_values_and_gradients_are_those_of_the_simulator_but_for_shots(name, readout, office):
    circuit = CIRCUITS[name](n_wires=3, layers=1)
    executor = office.connect(made(circuit, readout))
    (found, slopes), (expected, true) = run(executor, circuit), run(exact(circuit, readout), circuit)
    # Five standard deviations, of frequencies or of means of signs, and one shot where next to none is expected.
    spread = (
        torch.sqrt(expected * (1 - expected)) if readout is READOUTS[0] else torch.sqrt(1 - expected.square() + 1e-9)
    )
    assert ((found - expected).abs() <= 5 * spread / SHOTS**0.5 + 2 / SHOTS).all()
    assert found.dtype == torch.float64
    assert torch.nn.functional.cosine_similarity(slopes, true, dim=0) > 0.99
    assert slopes.norm() / true.norm() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("backend", ["aer", "fake:manila"])
def test_wire_zero_is_the_most_significant_bit(backend, office, tmp_path):
    """Each wire in turn is turned to one, the others are at zero: on a real computer's layout, too."""
    circuit = CIRCUITS["real-amplitudes"](n_wires=3, layers=1, entangled=False)
    service = LocalService(target_of(backend), tmp_path / "there")
    executor = office.connect(made(circuit, shots=500), service=service)
    _, weights = inputs(circuit)
    with torch.no_grad():
        zero = {name: torch.zeros_like(values) for name, values in weights.items()}
        (one,) = executor(torch.zeros(1, circuit.latent_dim), zero, key=KEY)
        latent = torch.pi * torch.eye(3, circuit.latent_dim, dtype=torch.float64)
        found = executor(latent, zero, key=KEY._replace(step=2))
    expected = exact(circuit)(latent, zero, key=KEY)
    assert torch.equal(found.argmax(dim=1), expected.argmax(dim=1))
    assert one.argmax() == 0
    assert (found.max(dim=1).values > 0.8).all()


@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: type(readout).__name__)
def test_values_and_gradient_are_one_job_and_a_structure_is_prepared_once(readout, office, tmp_path):
    circuit, target = small(), target_of("fake:manila")
    service = LocalService(target, tmp_path / "there")
    executor = office.connect(made(circuit, readout, shots=20), service=service)
    for step in (1, 2, 3):
        before = (executor.counts.executions, executor.counts.shots)
        run(executor, circuit, key=KEY._replace(step=step), latents=False)
        assert len(list(office.journal())) == step
        assert target.sent.transpilations == 1
        ran = executor.counts.executions - before[0]
        # 3 rotations by a weight, two circuits for each, and the circuits themselves; for each basis.
        assert ran == ROWS * len(readout.bases) * (1 + 2 * 3)
        assert executor.counts.shots - before[1] == 20 * ran
    assert [entry.cost.circuits for entry in office.journal()] == [ran] * 3


@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: type(readout).__name__)
def test_without_gradients_no_shifted_circuit_is_sent(readout, office):
    circuit = small()
    executor = office.connect(made(circuit, readout, shots=20))
    with torch.no_grad():
        executor(*inputs(circuit), key=KEY)
    (entry,) = office.journal()
    assert entry.cost.circuits == executor.counts.executions == ROWS * len(readout.bases)


def test_only_angles_that_want_a_gradient_are_shifted(office):
    """6 rotations, half of them by latents."""
    circuit = small()
    executor = office.connect(made(circuit, shots=20))
    run(executor, circuit, latents=False)
    assert executor.counts.executions == ROWS * (1 + 2 * 3)
    run(executor, circuit, key=KEY._replace(step=2))
    assert executor.counts.executions == ROWS * (1 + 2 * 3) + ROWS * (1 + 2 * 6)


def test_spsa_is_two_circuits_for_each_direction(office):
    circuit = small()
    executor = office.connect(made(circuit, shots=20, method="spsa"))
    run(executor, circuit)
    assert executor.counts.executions == ROWS * (1 + 2 * 4)
    assert executor.gradient.name == "spsa"


@pytest.mark.parametrize("connected", [True, False])
def test_nothing_is_run_that_nobody_has_allowed(office, connected):
    circuit = small()
    executor = made(circuit)
    if connected:
        office.connect(executor).remote.way = "closed"
    with pytest.raises(BackendError, match="ibm:nowhere cost something, and nobody has allowed that here") as caught:
        run(executor, circuit)
    assert caught.value.exit_code == 4
    assert executor.counts.executions == 0
    assert list(office.journal()) == []


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("readout", READOUTS, ids=lambda readout: type(readout).__name__)
def test_simulated_they_are_exact_and_count_nothing(office, readout, connected):
    circuit = small()
    executor = made(circuit, readout, shots=3)
    if connected:
        office.connect(executor)
    with executor.remote.simulated():
        found = run(executor, circuit)
    # Basis by basis here, and in one pass there.
    for one, other in zip(found, run(exact(circuit, readout), circuit), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0 if readout.bases == "Z" else 1e-12)
    assert (executor.counts.executions, executor.counts.shots) == (0, 0)
    assert list(office.journal()) == []
    assert executor.remote.way == ("open" if connected else "closed")


@pytest.mark.parametrize("connected", [True, False])
def test_gathering_tells_what_would_be_sent_and_sends_nothing(office, connected):
    circuit = small()
    executor = made(circuit, shots=20)
    if connected:
        office.connect(executor)
    with executor.remote.gathering() as orders:
        found, slopes = run(executor, circuit)
    (order,) = orders
    assert order.key == KEY
    assert len(order.table) == ROWS * (1 + 2 * 6)
    assert executor.remote.cost(orders) == costs.Cost(1, len(order.table), 20)
    assert executor.remote.cost([]) == costs.Cost(0, 0, 20)
    torch.testing.assert_close(found, torch.full((ROWS, 8), 1 / 8, dtype=torch.float64))
    assert torch.equal(slopes, torch.zeros_like(slopes))
    assert executor.counts.executions == 0
    assert list(office.journal()) == []
    office.connect(executor)
    run(executor, circuit)
    (entry,) = office.journal()
    (sent,) = office.journal().tables(entry.key)
    assert sent.tobytes() == order.table.tobytes()


@pytest.mark.parametrize("way", ["simulated", "gathering", "trial"])
def test_a_way_ends_with_its_block_whatever_happens_in_it(way):
    remote = made(small()).remote
    blocks = {"simulated": remote.simulated, "gathering": remote.gathering}
    block = blocks[way]() if way in blocks else remote.trial(target_of("aer"))

    def fail():
        assert remote.way == way
        raise KeyError

    with pytest.raises(KeyError), block:
        fail()
    assert remote.way == "closed"


def test_a_trial_is_run_here_with_shots_of_its_own(office):
    circuit = small()
    executor = office.connect(made(circuit, shots=5000))
    with executor.remote.trial(target_of("aer")):
        found, slopes = run(executor, circuit)
        again, _ = run(executor, circuit)
        other, _ = run(executor, circuit, key=KEY._replace(step=2))
    expected, true = run(exact(circuit), circuit)
    torch.testing.assert_close(found, expected, rtol=0, atol=5 * 0.5 / 5000**0.5)
    assert torch.nn.functional.cosine_similarity(slopes, true, dim=0) > 0.99
    assert torch.equal(found, again)
    assert not torch.equal(found, other)
    assert executor.counts.executions == 0
    assert list(office.journal()) == []


@pytest.mark.parametrize("readout", [READOUTS[0], READOUTS[2]], ids=lambda readout: type(readout).__name__)
def test_what_is_expected_is_run_in_one_job_and_each_gets_its_own(office, readout):
    circuit = small()
    executor = office.connect(made(circuit, readout))
    keys = [KEY._replace(purpose=f"latent/discriminator/{update}") for update in range(3)]
    asked = [inputs(circuit, seed=update) for update in range(3)]
    with torch.no_grad():
        with executor.remote.gathering() as orders:
            for key, each in zip(keys, asked, strict=True):
                executor(*each, key=key)
        executor.remote.expect(list(orders))
        # In another order than they were told.
        for place in (2, 0, 1):
            found = executor(*asked[place], key=keys[place])
            expected = exact(circuit, readout)(*asked[place], key=KEY)
            torch.testing.assert_close(found, expected, rtol=0, atol=5 / SHOTS**0.5)
        assert len(list(office.journal())) == 1
        assert executor.counts.executions == 3 * ROWS * len(readout.bases)
        # Each of them once: who asks for more has more sent.
        executor(*asked[0], key=keys[0])
    assert len(list(office.journal())) == 2


def test_only_who_may_send_expects(office):
    circuit = small()
    executor = made(circuit)
    with executor.remote.gathering() as orders:
        run(executor, circuit)
    executor.remote.expect(list(orders))
    office.connect(executor)
    executor.remote.expect([])
    with executor.remote.simulated():
        executor.remote.expect(list(orders))
    assert list(office.journal()) == []


def test_a_job_in_parts_gives_what_it_gives_in_one(tmp_path, monkeypatch):
    """But for the shots, which are another job's."""
    circuit = small()
    found = []
    for limit in (10**7, 5 * SHOTS):
        monkeypatch.setattr(costs, "EXECUTIONS_IN_A_JOB", limit)
        folder = tmp_path / str(limit)
        journal, executor = journal_in(folder), made(circuit)
        executor.remote.connect(Desk(journal, LocalService(target_of("aer"), folder / "here")))
        found.append(run(executor, circuit))
        assert executor.counts.executions == ROWS * 13
        assert len(list(journal)) == (1 if limit == 10**7 else 6)
    torch.testing.assert_close(found[0][0], found[1][0], rtol=0, atol=0.05)
    assert torch.nn.functional.cosine_similarity(found[0][1], found[1][1], dim=0) > 0.99


def test_a_process_that_starts_again_gets_the_same_to_the_last_bit(office):
    circuit = small()
    first, second = (run(office.connect(made(circuit)), circuit) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert len(list(office.journal())) == 1


def test_all_bases_of_a_circuit_have_one_sender():
    for readout in READOUTS:
        remote = made(small(), readout, shots=7).remote
        assert isinstance(remote, Remote)
        assert (remote.name, remote.shots, remote.way) == (NAME, 7, "closed")
    assert made(small(), name="batched.qubit", shots=None).remote is None
