"""What training takes is what it was said to take; nothing is sent that may not be; and two jobs are a step."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from qgan import opening
from qgan.backends.jobs import costs
from qgan.backends.jobs.costs import FORMULA, Cost
from qgan.backends.jobs.journal import Journal
from qgan.backends.jobs.service import Service
from qgan.backends.primitives import services
from qgan.backends.primitives.local import LocalService
from qgan.backends.primitives.targets import target_of
from qgan.build import build
from qgan.config import RunConfig, load
from qgan.errors import BackendError, BudgetError, ConfigError
from qgan.experiment import Experiment
from qgan.generators.remotes import remotes
from qgan.loop import StepRecord, train
from qgan.run import Run
from qgan.seeding import Key
from qgan.sending import NO_TERMS, Forecast, Terms, connected, document_of, forecast, require_affordable
from qgan.session import SIMULATED, Session

SHOTS = 200
SMALL: dict[str, Any] = {
    "backend": {"name": "ibm:nowhere", "shots": SHOTS},
    "train.batch_size": 2,
    "train.steps": 2,
    "run.device": "cpu",
    "run.threads": 1,
    "evaluate.every": 2,
    "evaluate.samples": 8,
}
RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "born": ("lognormal", {}),
    "patch": ("digits-patch", {"generator.n_wires": 3, "generator.layers": 1, "discriminator.hidden": [4]}),
    "xz": (
        "digits-patch-classical",
        {"generator": {"name": "expectation", "n_wires": 2, "layers": 1, "observables": "xz", "head": "affine"}},
    ),
    "conditional": (
        "digits-patch",
        {"generator.n_wires": 3, "generator.layers": 1, "train.conditional": True, "data.classes": [0, 1]},
    ),
}


class Trained:
    """What a step did, and what was sent for it."""

    def __init__(self, folder: Path, records: list[StepRecord], experiment: Experiment) -> None:
        self.records, self.experiment, self.journal = records, experiment, Journal(folder)

    @property
    def numbers(self) -> list[Any]:
        return [record.numbers() for record in self.records]


def config(recipe: str = "patch", **changes: Any) -> RunConfig:
    name, own = RECIPES[recipe]
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load(name, changes={**SMALL, **own, **dotted}.items())


@pytest.fixture(autouse=True)
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """IBM Quantum by whatever name is a simulator here, which costs as much. What was asked of it is given."""
    asked: list[Any] = []

    def service_of(name: str, folder: Path, **how: Any) -> LocalService:
        service = LocalService(target_of("aer"), folder / "here")
        service.name, service.paid = name, True
        asked.append((name, how))
        return service

    monkeypatch.setattr(services, "service_of", service_of)
    return asked


def trained(folder: Path, made: RunConfig, *, steps: int = 1, budget: float = 1e6) -> Trained:
    folder.mkdir(exist_ok=True)
    journal = Journal(folder)
    if not journal.ledger.events:
        # So that there are the same shots in each run of these tests.
        journal.write("opened", id="0123456789abcdef")
    experiment = build(made)
    with connected(folder, experiment, Terms(budget)) as desk:
        assert desk is not None
        records = list(train(experiment.state, experiment.game, experiment.batches, steps=steps))
    return Trained(folder, records, experiment)


@pytest.mark.parametrize("gradient", ["parameter-shift", "spsa"])
@pytest.mark.parametrize("updates", [1, 3])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_forecast_is_what_is_sent_and_counted(tmp_path: Path, recipe: str, updates: int, gradient: str) -> None:
    backend = {**SMALL["backend"], "gradient": gradient}
    made = config(recipe, backend=backend, train__discriminator_updates=updates)
    told = forecast(build(made), steps=2)
    assert told is not None
    found = trained(tmp_path / "run", made, steps=2)
    assert len(list(found.journal)) == told.all.jobs == 2 * 2
    sent = [entry.cost for entry in found.journal]
    assert sent == [told.shown, told.differentiated] * 2
    assert [record.executions for record in found.records] == [told.step.circuits] * 2
    assert [record.shots for record in found.records] == [told.step.executions] * 2
    assert sum(each.seconds for each in sent) == pytest.approx(told.all.seconds)
    assert told.shown.circuits % updates == 0


def test_forecasts_split_jobs_where_they_are_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "EXECUTIONS_IN_A_JOB", 50 * SHOTS)
    told = forecast(build(config()), steps=1)
    found = trained(tmp_path / "run", config())
    assert told is not None
    assert told.all.jobs == len(list(found.journal)) > 2
    assert sum(entry.cost.circuits for entry in found.journal) == told.all.circuits == found.records[0].executions


def test_counting_runs_nothing_and_changes_nothing() -> None:
    experiment = build(config())
    before = experiment.state.state_dict()[0]
    torch_state = torch.get_rng_state()
    one, more = forecast(experiment, steps=1), forecast(experiment, steps=7)
    assert one is not None
    assert more is not None
    assert more.all == one.all.times(7)
    assert (experiment.generator.counts.executions, experiment.generator.counts.shots) == (0, 0)
    assert all(torch.equal(value, before[name]) for name, value in experiment.state.state_dict()[0].items())
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_where_nothing_is_sent_there_is_no_forecast_and_no_desk(tmp_path: Path) -> None:
    experiment = build(config(backend={"name": "batched.qubit"}))
    assert forecast(experiment, steps=3) is None
    require_affordable(experiment, NO_TERMS, steps=3)
    with connected(tmp_path, experiment, NO_TERMS) as desk:
        assert desk is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recipe", ["born", "patch", "xz"])
def test_a_step_is_two_jobs_with_the_numbers_of_circuits_that_are_sent_one_by_one(
    tmp_path: Path, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where a circuit's shots do not depend on the job that it is in."""
    made = config(recipe, train__discriminator_updates=3)
    together = trained(tmp_path / "together", made, steps=2)
    assert [(entry.place.purpose, entry.place.step) for entry in together.journal] == [
        *[("latent/discriminator/0 and 2 more", 1), ("latent/generator/0", 1)],
        *[("latent/discriminator/0 and 2 more", 2), ("latent/generator/0", 2)],
    ]
    exact_shots(monkeypatch)
    found = []
    for name in ("at once", "one by one"):
        if name == "one by one":
            monkeypatch.setattr("qgan.generators.remotes.gathered", lambda *_: [])
        found.append(trained(tmp_path / name, made, steps=2))
    assert [len(list(each.journal)) for each in found] == [4, 8]
    assert found[0].numbers == found[1].numbers
    ends = [each.experiment.state.state_dict()[0] for each in found]
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def exact_shots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each circuit's shots depend on its own probabilities alone: evenly spaced in place of drawn."""

    def spaced(probabilities: np.ndarray, shots: int, generator: Any) -> np.ndarray:  # noqa: ARG001
        n_qubits = probabilities.shape[1].bit_length() - 1
        summed = probabilities.cumsum(axis=1)
        summed /= summed[:, -1:]
        thrown = (np.arange(shots) + 0.5) / shots
        places = np.stack([np.searchsorted(row, thrown, side="right") for row in summed])
        return places[..., None] >> np.arange(n_qubits - 1, -1, -1) & 1

    monkeypatch.setattr("qgan.backends.primitives.target.draw", spaced)


def test_a_step_that_was_left_in_its_middle_is_done_again_without_paying(tmp_path: Path) -> None:
    straight = trained(tmp_path / "straight", config(), steps=2)
    again = trained(tmp_path / "straight", config(), steps=2)
    assert again.numbers == straight.numbers
    assert len(list(again.journal)) == 4


def test_circuits_are_closed_before_and_after(tmp_path: Path) -> None:
    experiment = build(config(train__ema=0.9))
    senders = remotes(experiment.generator, experiment.game.generator)
    with connected(tmp_path, experiment, Terms(1e6)):
        assert {each.way for each in senders} == {"open"}
    assert {each.way for each in senders} == {"closed"}

    def fail() -> None:
        with connected(tmp_path, experiment, Terms(1e6)):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert {each.way for each in senders} == {"closed"}
    with pytest.raises(BackendError, match="nobody has allowed"):
        next(train(experiment.state, experiment.game, experiment.batches, steps=1))
    assert list(Journal(tmp_path)) == []


def test_the_service_is_asked_for_what_the_run_has(tmp_path: Path, rehearsed: list[Any]) -> None:
    backend = {**SMALL["backend"], "mode": "batch"}
    with connected(tmp_path, build(config(backend=backend)), Terms(5)) as desk:
        assert desk is not None
    ((name, how),) = rehearsed
    assert (name, how["qubits"], how["mode"]) == ("ibm:nowhere", 3, "batch")
    assert how["answer"] > 0


def test_a_run_stays_on_the_computer_that_it_began_on(
    tmp_path: Path, rehearsed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least busy one may be another now."""
    backend = {**SMALL["backend"], "name": "ibm:least-busy"}
    service_of = services.service_of
    monkeypatch.setattr(services, "service_of", lambda *asked, **how: _named(service_of(*asked, **how), "ibm:quiet"))
    for _ in range(2):
        trained(tmp_path / "run", config(backend=backend))
    assert [name for name, _ in rehearsed] == ["ibm:least-busy", "ibm:quiet"]
    assert Journal(tmp_path / "run").service == "ibm:quiet"


def _named(service: Service, name: str) -> Service:
    service.name = name
    return service


def test_a_budget_is_written_down_when_it_is_another(tmp_path: Path) -> None:
    experiment = build(config())
    for budget in (5.0, 5.0, None, 7.0):
        with connected(tmp_path, experiment, Terms(budget)):
            pass
    said = [event["seconds"] for event in Journal(tmp_path).ledger.events if event["event"] == "budget"]
    assert said == [5.0, 7.0]


def test_training_stops_where_the_budget_ends(tmp_path: Path) -> None:
    """By the formula, though none of what was sent has cost anything here."""
    told = forecast(build(config()), steps=1)
    assert told is not None
    with pytest.raises(BudgetError, match="does not suffice for the next job"):
        trained(tmp_path / "run", config(), budget=told.shown.seconds + told.differentiated.seconds * 0.5 - 2.5)
    assert Journal(tmp_path / "run").spent == 0


def test_without_a_budget_nothing_is_begun(tmp_path: Path) -> None:
    for terms in (NO_TERMS, Terms(3.0)):
        with pytest.raises(BudgetError) as caught:
            opening.begin(config(), out=tmp_path / "runs", terms=terms)
        assert caught.value.exit_code == 11
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("over", [True, False])
def test_what_is_affordable_is_what_the_forecast_says(over: bool) -> None:
    experiment = build(config())
    told = forecast(experiment, steps=3)
    assert told is not None
    budget = told.all.seconds * (1 - 1e-9 if over else 1 + 1e-9)
    if not over:
        require_affordable(experiment, Terms(budget), steps=3)
        return
    with pytest.raises(BudgetError, match=r"for 3 steps on ibm:nowhere.*2 step\(s\) would fit"):
        require_affordable(experiment, Terms(budget), steps=3)


def test_a_forecast_is_told_with_the_formula_and_where_it_is_from() -> None:
    told = Forecast("ibm:nowhere", 3, Cost(1, 16, 100), Cost(1, 272, 100))
    assert told.step == Cost(2, 288, 100)
    assert told.all.seconds == pytest.approx(3 * (4 + 0.00035 * 28_800))
    assert "3 steps of 2 jobs, 288 circuits and 28,800 executions each" in told.text()
    assert FORMULA in told.text()
    document = told.document()
    assert (document["jobs"], document["circuits"], document["executions"]) == (6, 864, 86_400)
    assert document["step"] == document_of(told.step)
    assert document["formula"] == FORMULA
    json.dumps(document, allow_nan=False)


def test_without_shots_nothing_can_be_sent() -> None:
    with pytest.raises(ConfigError, match="nothing of it is exact") as caught:
        build(config(backend={"name": "ibm:nowhere"}))
    assert caught.value.exit_code == 2


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A whole one, with evaluations before, in between and at the end."""
    with pytest.MonkeyPatch.context() as patch:

        def service_of(name: str, folder: Path, **_: Any) -> Service:
            return _named(LocalService(target_of("aer"), folder / "here"), name)

        patch.setattr(services, "service_of", service_of)
        session = opening.begin(config(), out=tmp_path_factory.mktemp("runs"), terms=Terms(60.0))
        for _ in session.records():
            pass
        yield session


def test_a_run_pays_for_its_steps_and_for_nothing_else(run: Session) -> None:
    assert run.finished
    told = forecast(run.experiment, steps=2)
    assert told is not None
    assert sum(entry.cost.circuits for entry in Journal(run.run.path)) == told.all.circuits
    assert Run(run.run).counts.executions == told.all.circuits


def test_what_it_is_judged_by_is_simulated_and_says_so(run: Session) -> None:
    metrics = json.loads((run.run.path / "metrics.json").read_text("utf-8"))
    assert metrics["circuits"] == SIMULATED
    assert "circuits" not in json.loads((run.run.path / "references.json").read_text("utf-8"))


def test_looking_at_a_run_sends_nothing(run: Session) -> None:
    before = (run.run.path / "ledger.jsonl").read_bytes()
    looked = Run(run.run)
    report, _ = looked.evaluate(samples=8)
    assert report["circuits"] == SIMULATED
    first, second = looked.sample(5), looked.sample(5)
    assert torch.equal(first.values, second.values)
    assert len(looked.sample(3, shots=4)) == 3
    assert looked.metrics(samples=8)
    assert (run.run.path / "ledger.jsonl").read_bytes() == before
    with pytest.raises(BackendError, match="nobody has allowed"):
        looked.sample(2, backend="ibm:nowhere")
    with pytest.raises(BackendError, match="nobody has allowed"):
        looked.generator().sample(2, Key(0, "look"))


def test_a_run_on_a_simulator_says_nothing_of_the_kind(tmp_path: Path) -> None:
    session = opening.begin(config(backend={"name": "batched.qubit"}, train__steps=1, evaluate__every=1), out=tmp_path)
    for _ in session.records():
        pass
    assert "circuits" not in json.loads((session.run.path / "metrics.json").read_text("utf-8"))
    assert not Journal.there(session.run.path)
