import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from qgan import config, opening
from qgan.compare import carrying
from qgan.compare.carrying import carry_out
from qgan.compare.tasks import Event, Outcome, Task
from qgan.errors import Interrupted, ResourceError
from qgan.runs import RunDirectory

if TYPE_CHECKING:
    from conftest import Maker

SAME = (
    "config.toml",
    "records.jsonl",
    "evaluations.jsonl",
    "references.json",
    "metrics.json",
    "samples.npz",
    "samples.png",
    "checkpoints/step-000012/tensors.safetensors",
    "checkpoints/step-000012/state.json",
)


def ignore(_: Event) -> None:
    pass


def contents(run: Path) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() for name in SAME}


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events if event.kind != "step"]


@pytest.fixture
def alone(make: "Maker", tmp_path: Path) -> Path:
    """The run as `qgan train` makes it."""
    session = opening.begin(make.task().config, out=tmp_path / "alone")
    list(session.records())
    return session.run.path


def test_it_is_an_ordinary_run_at_its_place(make: "Maker", tmp_path: Path, alone: Path) -> None:
    task, events = make.task("runs/mlp/s0"), list[Event]()
    outcome = carry_out(task, tmp_path, told=events.append)
    assert outcome == Outcome(task.name, "done", "all steps done", outcome.seconds, tmp_path / "runs" / "mlp" / "s0")
    assert outcome.seconds > 0
    assert kinds(events) == ["began"]
    assert all(event.steps == 12 and 0 <= event.step <= 12 for event in events)
    assert contents(outcome.where) == contents(alone)
    assert RunDirectory.open(outcome.where).identity["name"] == "s0"
    assert [path.name for path in outcome.where.parent.iterdir()] == ["s0"]


def test_steps_are_told_of_now_and_then(make: "Maker", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "SECONDS_BETWEEN_EVENTS", 0.0)
    events: list[Event] = []
    carry_out(make.task(), tmp_path, told=events.append)
    assert [event.step for event in events] == list(range(13))


@pytest.mark.parametrize("trial", range(3))
def test_a_run_that_was_stopped_goes_on(make: "Maker", tmp_path: Path, alone: Path, trial: int) -> None:
    """Stopped by a signal at some step, and told so to whoever asked for the run."""
    task, stop = make.task(), random.Random(trial).randrange(1, 11)

    def told(event: Event) -> None:
        if event.step == stop:
            signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carrying, "SECONDS_BETWEEN_EVENTS", 0.0)
        with pytest.raises(Interrupted):
            carry_out(task, tmp_path, told=told)
    assert RunDirectory.open(tmp_path / task.name).status["state"] == "interrupted"
    outcome = carry_out(task, tmp_path, told=ignore)
    assert outcome.state == "done"
    assert contents(outcome.where) == contents(alone)


def test_a_run_that_diverges_has_an_outcome(make: "Maker", tmp_path: Path) -> None:
    task = make.task(optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30)
    outcome = carry_out(task, tmp_path, told=ignore)
    assert outcome.state == "diverged"
    assert "step" in outcome.message
    assert RunDirectory.open(outcome.where).status["reason"] == outcome.message


def out_of_memory(*_: Any, **__: Any) -> None:
    raise MemoryError


def broken(*_: Any, **__: Any) -> None:
    raise KeyError("a mistake of ours")


@pytest.mark.parametrize(
    ("place", "mistake", "message"),
    [
        ("qgan.session.train", out_of_memory, "There is not enough memory"),
        ("qgan.session.evaluate_on_test", out_of_memory, "There is not enough memory"),
        ("qgan.opening.build", out_of_memory, "There is not enough memory"),
        ("qgan.session.train", broken, "KeyError: 'a mistake of ours'"),
    ],
)
def test_a_run_that_fails_has_an_outcome_and_is_tried_again(
    make: "Maker", tmp_path: Path, alone: Path, place: str, mistake: Callable[..., None], message: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, mistake)
        outcome = carry_out(make.task(), tmp_path, told=ignore)
    assert outcome.state == "failed"
    assert message in outcome.message
    assert carry_out(make.task(), tmp_path, told=ignore).state == "done"
    assert contents(outcome.where) == contents(alone)


def test_it_waits_for_the_process_that_has_the_run(make: "Maker", tmp_path: Path, alone: Path) -> None:
    task = make.task()
    held = opening.begin(task.config, out=tmp_path / "runs" / "mlp", name="s0").run.locked()
    events: list[Event] = []

    def told(event: Event) -> None:
        events.append(event)
        if kinds(events).count("waiting") == 2:
            held.__exit__(None, None, None)

    held.__enter__()
    outcome = carry_out(task, tmp_path, told=told)
    assert kinds(events) == ["began", "waiting", "waiting"]
    assert outcome.state == "done"
    assert contents(outcome.where) == contents(alone)


def test_it_does_not_wait_for_ever(make: "Maker", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "PATIENCE", 0.3)
    task = make.task()
    began = time.monotonic()
    with opening.begin(task.config, out=tmp_path / "runs" / "mlp", name="s0").run.locked():
        outcome = carry_out(task, tmp_path, told=ignore)
    assert outcome.state == "failed"
    assert "in use" in outcome.message
    assert time.monotonic() - began < 30


def test_a_run_that_another_begins_at_the_same_moment_is_gone_on_with(
    make: "Maker", tmp_path: Path, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(*arguments: Any, **named: Any) -> Any:
        opening.begin(*arguments, **named)
        return opening.begin(*arguments, **named)

    monkeypatch.setattr(carrying, "begin", twice)
    outcome = carry_out(make.task(), tmp_path, told=ignore)
    assert outcome.state == "done"
    assert contents(outcome.where) == contents(alone)
    assert [path.name for path in outcome.where.parent.iterdir()] == ["s0"]


def test_what_cannot_be_written_is_told(make: "Maker", tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    outcome = carry_out(make.task(), tmp_path, told=ignore)
    assert outcome.state == "failed"
    assert "runs" in outcome.message


def test_another_configuration_is_never_gone_on_with(make: "Maker", tmp_path: Path) -> None:
    carry_out(make.task(), tmp_path, told=ignore)
    outcome = carry_out(make.task(seed=1), tmp_path, told=ignore)
    assert outcome.state == "failed"
    assert "another seed" in outcome.message


def test_a_configuration_that_is_not_whole_is_told(tmp_path: Path) -> None:
    short = config.load("digits-patch-classical", changes=[("run.threads", 1), ("train.steps", 1)])
    outcome = carry_out(Task("a", short), tmp_path, told=ignore)
    assert outcome.state == "failed"
    assert "another configuration" in outcome.message


def test_disk_errors_of_a_beginning_are_not_taken_for_another_process(
    make: "Maker", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise ResourceError("No space left")

    monkeypatch.setattr(carrying, "begin", full)
    outcome = carry_out(make.task(), tmp_path, told=ignore)
    assert outcome.state == "failed"
    assert outcome.message == "No space left."
