"""The precision of a run: recorded as it was used, dropped with its backend, and never a change where it is none."""

from pathlib import Path
from typing import Any

import pytest
import torch

from qgan import config, opening
from qgan.errors import ConfigError
from qgan.run import Run
from qgan.runs import RunDirectory
from qgan.session import Session

SMALL: dict[str, Any] = {
    "train.steps": 6,
    "train.batch_size": 4,
    "run.checkpoint_every": 3,
    "run.threads": 1,
    "run.device": "cpu",
    "generator.n_wires": 3,
    "generator.n_ancillas": 0,
    "generator.layers": 1,
    "evaluate.every": 3,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 8,
}


def begin(out: Path, *changes: tuple[str, Any]) -> Session:
    return opening.begin(config.load("digits-patch", changes=[*SMALL.items(), *changes]), out=out)


def finish(some: Session) -> RunDirectory:
    list(some.records())
    return some.run


def leave_after(k: int, some: Session) -> RunDirectory:
    records = some.records()
    for _ in range(k):
        next(records)
    records.close()  # type: ignore[attr-defined]
    return some.run


def result(run: RunDirectory) -> list[bytes]:
    return [(run.path / name).read_bytes() for name in ("records.jsonl", "checkpoints/step-000006/tensors.safetensors")]


def backend_of(session: Session) -> dict[str, Any]:
    return session.run.config.document()["backend"]


def test_a_run_says_its_precision_and_is_made_again_from_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin(tmp_path)
    assert backend_of(first) == {"name": "batched.qubit", "c_dtype": "complex64", "gradient": "auto"}
    run = finish(first)
    monkeypatch.setattr("qgan.backends.backend.DEFAULT_C_DTYPE", "complex128")
    other = finish(begin(tmp_path))
    assert other.config.document()["backend"]["c_dtype"] == "complex128"
    assert result(other) != result(run)
    again = opening.begin(config.load(file=run.path / "config.toml"), out=tmp_path)
    assert again.run.config.document() == run.config.document()
    assert result(finish(again)) == result(run)


def test_another_backend_drops_the_precision_and_a_return_states_it_again(tmp_path: Path) -> None:
    run = leave_after(4, begin(tmp_path, ("backend.c_dtype", "complex128")))
    assert run.config.document()["backend"]["c_dtype"] == "complex128"
    there = opening.resume(run.path, changes=[("backend.name", "lightning.qubit")])
    assert backend_of(there) == {"name": "lightning.qubit", "gradient": "auto"}
    back = opening.resume(there.run.path, changes=[("backend.name", "batched.qubit")])
    assert backend_of(back)["c_dtype"] == "complex64"
    wide = [("backend.c_dtype", "complex128"), ("backend.name", "batched.qubit")]
    assert backend_of(opening.resume(there.run.path, changes=wide))["c_dtype"] == "complex128"
    assert finish(back).status["step"] == 6
    with pytest.raises(ConfigError, match="no choice of precision"):
        opening.resume(run.path, changes=[("backend.name", "lightning.qubit"), ("backend.c_dtype", "complex64")])
    samples = Run(run).sample(2, backend="lightning.qubit").values
    torch.testing.assert_close(samples, Run(run).sample(2).values, atol=1e-6, rtol=0)


def test_a_run_that_did_not_say_its_precision_is_gone_on_with_in_place(tmp_path: Path) -> None:
    begun = begin(tmp_path).run
    said = (begun.path / "config.toml").read_text()
    unsaid = said.replace('c_dtype = "complex64"\n', "")
    assert unsaid != said
    (begun.path / "config.toml").write_text(unsaid)
    run = leave_after(4, opening.resume(begun.path))
    for changes in ([], [("backend.c_dtype", "complex64")], [("run.threads", "auto"), ("run.threads", 1)]):
        assert opening.resume(run.path, changes=changes).run.path == run.path
    wide = opening.resume(run.path, changes=[("backend.c_dtype", "complex128")])
    assert wide.run.path != run.path
    assert finish(opening.resume(run.path)).status["step"] == 6
