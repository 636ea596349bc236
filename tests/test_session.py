"""What a session promises: go on anywhere and end the same; change little and make a child; else be refused."""

import json
from pathlib import Path
from typing import Any

import pennylane as qml
import pytest
import torch

from qgan import checkpoints, config, opening
from qgan.errors import CheckpointError, ConfigError, DataError, DivergedError, ResourceError
from qgan.losses import NonSaturating
from qgan.objects import Objects
from qgan.run import Run
from qgan.runs import RunDirectory
from qgan.session import Session

SMALL: dict[str, Any] = {
    "train.steps": 12,
    "train.batch_size": 4,
    "run.checkpoint_every": 3,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 4,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 8,
}


def begin(out: Path, recipe: str = "digits-patch-classical", **changes: Any) -> Session:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return opening.begin(config.load(recipe, changes=[*SMALL.items(), *dotted.items()]), out=out)


def finish(some: Session) -> RunDirectory:
    for _ in some.records():
        pass
    assert some.finished
    return some.run


def files(path: Path) -> dict[str, tuple[int, bytes]]:
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in path.rglob("*") if file.is_file()}


def result(run: RunDirectory, step: int = 12) -> dict[str, bytes]:
    last = f"checkpoints/step-{step:06d}"
    names = ("records.jsonl", "evaluations.jsonl", f"{last}/tensors.safetensors", f"{last}/state.json")
    return {name: (run.path / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return finish(begin(tmp_path_factory.mktemp("straight")))


@pytest.fixture
def stopped(tmp_path: Path) -> RunDirectory:
    """A run that was left after 7 steps, whose newest checkpoint is of step 6."""
    return leave_after(7, begin(tmp_path))


def leave_after(k: int, some: Session) -> RunDirectory:
    records = some.records()
    for _ in range(k):
        next(records)
    records.close()  # type: ignore[attr-defined]
    return some.run


@pytest.mark.parametrize("k", range(1, 13))
def test_going_on_from_any_step_ends_as_the_straight_run(straight: RunDirectory, tmp_path: Path, k: int) -> None:
    left = leave_after(k, begin(tmp_path))
    assert result(finish(opening.resume(left.path))) == result(straight)


def test_what_is_judged_and_drawn_is_the_average(tmp_path: Path) -> None:
    run = finish(begin(tmp_path, train__ema=0.9))
    plain = finish(begin(tmp_path))
    for name in ("metrics.json", "samples.npz", "evaluations.jsonl"):
        assert (run.path / name).read_bytes() != (plain.path / name).read_bytes()
    assert run.lines("records") == plain.lines("records")
    assert not any(torch.equal(*pair) for pair in zip(*networks(run), strict=True))


def networks(run: RunDirectory) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Weights of the average, and of what it is of, in the last checkpoint."""
    tensors = run.checkpoint("last").tensors
    names = [name.removeprefix("average/layers") for name in tensors if name.startswith("average/layers")]
    assert names
    return [tensors[f"average/layers{name}"] for name in names], [tensors[f"generator/layers{name}"] for name in names]


def test_a_quantum_run_left_after_every_step(tmp_path: Path) -> None:
    tiny = {"generator__n_wires": 3, "generator__layers": 1, "train__steps": 5, "run__checkpoint_every": 1}
    undisturbed = finish(begin(tmp_path / "straight", "digits-patch", **tiny))
    chain = begin(tmp_path / "chain", "digits-patch", **tiny)
    for _ in range(5):
        chain = opening.resume(leave_after(1, chain).path)
    assert result(finish(chain), 5) == result(undisturbed, 5)


def test_a_finished_run_is_left_as_it_is(straight: RunDirectory) -> None:
    before = files(straight.path)
    assert list(opening.resume(straight.path).records()) == []
    assert list(opening.resume(straight.path, changes=[("train.steps", 12)]).records()) == []
    assert files(straight.path) == before


def test_more_steps_make_a_child_that_is_the_longer_run(straight: RunDirectory, tmp_path: Path) -> None:
    longer = finish(begin(tmp_path, train__steps=20))
    before = files(straight.path)
    child = finish(opening.resume(straight.path, changes=[("train.steps", "+8")]))
    assert child.path.parent == straight.path.parent
    assert child.path != straight.path
    assert child.identity["parent"]["run"] == straight.path.name
    assert child.identity["parent"]["step"] == 12
    assert result(child, 20) == result(longer, 20)
    after = files(straight.path)
    assert {key: value for key, value in after.items() if not key.endswith("LOCK")} == {
        key: value for key, value in before.items() if not key.endswith("LOCK")
    }


def test_a_child_of_a_child_that_never_began(straight: RunDirectory, tmp_path: Path) -> None:
    longer = finish(begin(tmp_path, train__steps=20))
    child = opening.resume(straight.path, changes=[("train.steps", 16)]).run
    grandchild = finish(opening.resume(child.path, changes=[("train.steps", 20)]))
    assert result(grandchild, 20) == result(longer, 20)


def test_fewer_steps_than_are_done_are_refused(straight: RunDirectory) -> None:
    with pytest.raises(ConfigError, match="further than that"):
        opening.resume(straight.path, changes=[("train.steps", 5)])


@pytest.mark.parametrize("value", ["+", "+x", "+1.5", "x"])
def test_steps_that_are_no_number(straight: RunDirectory, value: str) -> None:
    with pytest.raises(ConfigError, match=r"train\.steps"):
        opening.resume(straight.path, changes=[("train.steps", value)])


def test_another_backend_or_shots_make_a_child(tmp_path: Path) -> None:
    quantum = {"generator__n_wires": 3, "generator__n_ancillas": 0, "generator__layers": 1}
    run = leave_after(4, begin(tmp_path, "digits-patch", **quantum, train__steps=6))
    newest = run.checkpoint("last").step
    assert newest >= 3
    for key, value in (("backend.name", "lightning.qubit"), ("backend.shots", 64)):
        child = finish(opening.resume(run.path, changes=[(key, value)]))
        assert child.identity["parent"]["step"] == newest
        assert child.config.document()["backend"][key.removeprefix("backend.")] == value
        assert [line["step"] for line in child.lines("records")] == [1, 2, 3, 4, 5, 6]
        assert child.lines("records")[:newest] == run.lines("records")[:newest]


def test_the_same_thing_said_again_is_no_change(stopped: RunDirectory) -> None:
    same = opening.resume(stopped.path, changes=[("run.device", "auto" if not torch.cuda.is_available() else "cpu")])
    assert same.run.path == stopped.path


@pytest.mark.parametrize(
    ("key", "value"),
    [("optimizer.generator.lr", 0.5), ("seed", 3), ("data.classes", [1]), ("evaluate.every", 2)],
)
def test_other_changes_are_refused_by_name(stopped: RunDirectory, key: str, value: Any) -> None:
    before = files(stopped.path)
    with pytest.raises(ConfigError, match=key):
        opening.resume(stopped.path, changes=[(key, value)])
    assert files(stopped.path) == before


def test_an_edited_configuration_is_noticed(stopped: RunDirectory) -> None:
    path = stopped.path / "config.toml"
    text = path.read_text()
    assert "lr = 0.003" in text
    path.write_text(text.replace("lr = 0.003", "lr = 0.5"))
    with pytest.raises(CheckpointError, match="belong to another run"):
        finish(opening.resume(stopped.path))


def edit_identity(run: RunDirectory, **changes: Any) -> None:
    path = run.path / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_other_data_are_refused(stopped: RunDirectory) -> None:
    edit_identity(stopped, data={**stopped.identity["data"], "sha256": "0" * 64})
    with pytest.raises(DataError, match="not those that the run"):
        opening.resume(stopped.path)


@pytest.mark.parametrize("part", ["versions", "machine"])
@pytest.mark.parametrize("gone", [True, False])
def test_another_machine_goes_on_and_says_that_it_is_not_exact(stopped: RunDirectory, part: str, gone: bool) -> None:
    edit_identity(stopped, **{part: None if gone else {**stopped.identity[part], "torch": "1.0", "cores": 512}})
    run = finish(opening.resume(stopped.path))
    assert run.status["exact"] is False
    assert [event["exact"] for event in run.lines("events") if event["event"] in ("began", "went on")] == [True, False]


def test_the_last_two_and_the_best_are_kept(straight: RunDirectory) -> None:
    best = straight.best_step()
    assert best is not None
    assert {9, 12, best} <= {*checkpoints.steps(straight.checkpoints), 9, 12}
    assert checkpoints.steps(straight.checkpoints) == sorted({*checkpoints.steps(straight.checkpoints)[-2:], best})
    assert straight.checkpoint("best").step == best


def test_a_run_that_diverges_names_its_last_good_checkpoint(tmp_path: Path) -> None:
    some = begin(tmp_path)

    def poison() -> None:
        for _ in some.records():
            if some.experiment.state.step == 7:
                with torch.no_grad():
                    next(some.experiment.discriminator.parameters()).fill_(torch.nan)

    with pytest.raises(DivergedError, match="step-000006"):
        poison()
    run = RunDirectory.open(some.run.path)
    assert run.status["state"] == "diverged"
    assert run.lines("records")[-1]["step"] == 7
    assert all(tensor.isfinite().all() for tensor in run.checkpoint("last").tensors.values())


@pytest.mark.parametrize("side", ["generator", "discriminator"])
def test_an_infinite_gradient_ends_the_run(tmp_path: Path, side: str) -> None:
    some = begin(tmp_path)
    module = getattr(some.experiment, side)
    seen: list[int] = []

    def infinite(gradient: torch.Tensor) -> torch.Tensor:
        seen.append(1)
        return gradient * torch.inf if len(seen) > 5 else gradient

    next(module.parameters()).register_hook(infinite)
    with pytest.raises(DivergedError, match=f"{side}"):
        finish(some)
    assert some.run.checkpoint("last").step <= 6


def test_a_learning_rate_of_0_runs_and_learns_nothing(tmp_path: Path) -> None:
    run = finish(begin(tmp_path, optimizer__generator__lr=0.0, optimizer__discriminator__lr=0.0))
    first, last = run.checkpoint("last").tensors, begin(tmp_path).experiment.state.state_dict()[0]
    assert all(torch.equal(first[name], last[name]) for name in last)


def test_a_run_that_cannot_be_written_fails_with_its_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, straight: RunDirectory
) -> None:
    some = begin(tmp_path)
    log = RunDirectory.log

    def full(self: RunDirectory, kind: str, document: Any) -> None:
        if document["step"] == 8:
            raise OSError(28, "No space left on device")
        log(self, kind, document)

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "log", full)
        with pytest.raises(ResourceError, match="No space left"):
            finish(some)
    assert some.run.status["state"] == "failed"
    assert result(finish(opening.resume(some.run.path))) == result(straight)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_damaged_best_checkpoint_is_set_aside_and_the_last_is_judged(tmp_path: Path) -> None:
    some = begin(tmp_path, evaluate__checkpoint="best")
    for record in some.records():
        if record.step == 10:
            break
    run = RunDirectory.open(some.run.path)
    best = run.best_step()
    assert best is not None
    if best == checkpoints.steps(run.checkpoints)[-1]:
        pytest.skip("the best is the newest, whose damage is another test's")
    damage(run.checkpoints / f"step-{best:06d}" / "tensors.safetensors")
    finish(opening.resume(run.path))
    done = RunDirectory.open(run.path)
    assert (done.checkpoints / f"step-{best:06d}.bad").exists()
    assert json.loads((run.path / "metrics.json").read_text())["checkpoint"] in {"last", "best"}
    assert "checkpoint rejected" in (run.path / "events.jsonl").read_text()


def test_a_child_leaves_its_parent_as_it_was(stopped: RunDirectory) -> None:
    before = {name: content for name, content in files(stopped.path).items() if not name.endswith("LOCK")}
    child = opening.resume(stopped.path, changes=[("train.steps", 15)]).run
    after = {name: content for name, content in files(stopped.path).items() if not name.endswith("LOCK")}
    assert after == before
    assert child.status["step"] == 6
    assert len(child.lines("records")) == 6


@pytest.mark.parametrize("part", ["circuit", "discriminator"])
def test_a_generator_that_cannot_learn_is_refused_before_anything_is_written(tmp_path: Path, part: str) -> None:
    class Detached(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(64, 1)

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return self.layer(values.detach().flatten(1))

    def idle(latent: Any, weights: Any) -> None:  # noqa: ARG001
        for wire in range(5):
            qml.RY(latent[..., wire], wires=wire)

    objects = Objects(circuit=idle) if part == "circuit" else Objects(discriminator=Detached())
    with pytest.raises(ConfigError, match="cannot learn"):
        opening.begin(config.load("digits-patch", changes=SMALL.items()), out=tmp_path, objects=objects)
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_fails_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    class Forgetful(NonSaturating):  # type: ignore[misc]
        def generator(self, *, fake: torch.Tensor, fake_weights: torch.Tensor) -> Any:  # noqa: ARG002
            return 1.0

    with pytest.raises(ConfigError, match="cannot be minimised"):
        opening.begin(
            config.load("digits-patch-classical", changes=SMALL.items()),
            out=tmp_path,
            objects=Objects(loss=Forgetful()),
        )
    assert list(tmp_path.iterdir()) == []


def test_a_converged_run_goes_on_only_with_something_left_to_do(tmp_path: Path) -> None:
    stops = {"train__until": "converged", "train__patience": 1, "train__min_gain": 100.0}
    run = finish(begin(tmp_path, **stops))
    assert "plateau" in run.status["reason"]
    with pytest.raises(ConfigError, match="has converged"):
        opening.resume(run.path, changes=[("train.steps", "+5")])
    assert finish(opening.resume(run.path)).status["state"] == "done"
    child = finish(opening.resume(run.path, changes=[("train.until", "steps")]))
    assert child.status["step"] == 12


def test_leaving_off_is_written_down(tmp_path: Path) -> None:
    session = begin(tmp_path)
    records = session.records()
    for _ in range(4):
        next(records)
    records.close()
    assert session.run.status["state"] == "interrupted"
    assert session.run.status["step"] == 4
    whole = finish(begin(tmp_path))
    assert result(finish(opening.resume(session.run.path))) == result(whole)


def test_a_file_that_the_users_own_part_misses_is_not_the_runs(tmp_path: Path) -> None:
    class Reads:
        calls = 0
        discriminator = staticmethod(NonSaturating().discriminator)

        def generator(self, **logits: Any) -> torch.Tensor:
            self.calls += 1
            if self.calls > 4:
                (tmp_path / "absent").read_bytes()
            return NonSaturating().generator(**logits)

    session = opening.begin(config.load("digits-patch-classical", changes=SMALL.items()), out=tmp_path,
                            objects=Objects(loss=Reads()))  # fmt: skip
    with pytest.raises(ConfigError, match=r"A part of the run fails.*absent"):
        finish(session)
    assert session.run.status["state"] == "failed"


def test_a_run_that_is_moved_away_says_so(tmp_path: Path) -> None:
    session = begin(tmp_path)
    records = session.records()
    next(records)
    session.run.path.rename(tmp_path / "elsewhere")
    with pytest.raises(ResourceError, match="moved or deleted"):
        list(records)


def test_a_run_whose_circuit_came_from_a_file_goes_on_with_those_gates_only(tmp_path: Path) -> None:
    file = tmp_path / "mine.qasm"
    text = "OPENQASM 3; input float z; input float w; qubit[4] q; rx(z) q[0]; cx q[0], q[1]; ry(w) q;"
    file.write_text(text, encoding="utf-8")
    named: dict[str, Any] = {"generator__circuit": f"qasm:{file}", "generator__pattern": "own", "train__steps": 2}
    run = leave_after(1, begin(tmp_path / "runs", "digits-patch", **named))
    assert RunDirectory.open(run.path).identity["circuit"]["sha256"]
    file.write_text(text.replace("ry", "rx"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"file is not the one that the run .* began with.*Put the old file back"):
        opening.resume(run.path)
    with pytest.raises(ConfigError, match="Put the old file back"):
        Run(RunDirectory.open(run.path)).sample(2)
    file.write_text("OPENQASM 3;  // the same gates\n" + text.removeprefix("OPENQASM 3;"), encoding="utf-8")
    assert finish(opening.resume(run.path)).status["step"] == 2
