"""Laws that every schedule of the table obeys, then torch's own schedulers as judges."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim import lr_scheduler as judges

from qgan import opening
from qgan.build import build
from qgan.config import load
from qgan.errors import ConfigError
from qgan.runs import RunDirectory
from qgan.schedules import SCHEDULES, Schedule
from qgan.session import Session


def make(name: str, **options: Any) -> Schedule:
    entry = SCHEDULES[name]
    return entry.make(entry.options(**options))


@given(st.sampled_from(list(SCHEDULES)), st.integers(0, 30), st.integers(1, 40))
def test_shares_rise_while_it_warms_up_and_then_never(name: str, warmup: int, steps: int) -> None:
    schedule = make(name, warmup=warmup)
    shares = [schedule(step, steps) for step in range(1, steps + 1)]
    assert all(0 < share <= 1 for share in shares), "no step is for nothing, at no rate above the optimiser's own"
    rising, falling = shares[:warmup], shares[warmup:]
    assert rising == pytest.approx([step / warmup for step in range(1, len(rising) + 1)], rel=1e-12)
    assert falling == sorted(falling, reverse=True)
    assert falling[:1] in ([], [1.0])


@given(st.sampled_from(list(SCHEDULES)), st.permutations(range(1, 8)))
def test_a_share_depends_on_the_step_alone(name: str, order: list[int]) -> None:
    straight = [make(name, warmup=2)(step, 7) for step in range(1, 8)]
    schedule = make(name, warmup=2)
    assert {step: schedule(step, 7) for step in order} == dict(enumerate(straight, start=1))


STEPS = 12
JUDGES: list[tuple[str, dict[str, Any], Callable[[torch.optim.Optimizer], judges.LRScheduler]]] = [
    ("constant", {}, lambda optimizer: judges.ConstantLR(optimizer, factor=1.0)),
    ("linear", {"end": 0.25}, lambda optimizer: judges.LinearLR(optimizer, 1.0, 0.25, total_iters=STEPS)),
    ("linear", {}, lambda optimizer: judges.LinearLR(optimizer, 1.0, 0.0, total_iters=STEPS)),
    ("cosine", {"end": 0.1}, lambda optimizer: judges.CosineAnnealingLR(optimizer, STEPS, eta_min=0.1)),
    ("cosine", {}, lambda optimizer: judges.CosineAnnealingLR(optimizer, STEPS)),
    ("exponential", {"end": 0.02}, lambda optimizer: judges.ExponentialLR(optimizer, 0.02 ** (1 / STEPS))),
    ("step", {"every": 5, "factor": 0.3}, lambda optimizer: judges.StepLR(optimizer, 5, 0.3)),
]


@pytest.mark.parametrize(("name", "options", "judge"), JUDGES)
def test_rates_are_those_of_torch(name: str, options: dict[str, Any], judge: Callable[..., Any]) -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = judge(optimizer), []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            scheduler.step()
    schedule = make(name, **options)
    assert [schedule(step, STEPS) for step in range(1, STEPS + 1)] == pytest.approx(rates, rel=1e-12)


def test_a_warm_up_that_outlasts_the_run_is_all_there_is() -> None:
    for name in SCHEDULES:
        schedule = make(name, warmup=10)
        assert [schedule(step, 4) for step in range(1, 5)] == pytest.approx([0.1, 0.2, 0.3, 0.4], rel=1e-12)


def begin(out: Path, schedule: str) -> Session:
    changes: dict[str, Any] = {
        "schedule.generator.name": schedule,
        "schedule.discriminator.name": "cosine",
        "schedule.discriminator.warmup": 2,
        "penalty.name": "gradient-penalty",
        "train.ema": 0.9,
        "train.steps": 5,
        "train.batch_size": 4,
        "train.discriminator_updates": 2,
        "run.checkpoint_every": 2,
        "run.threads": 1,
        "run.device": "cpu",
        "evaluate.every": 2,
        "evaluate.metrics": ["energy-distance"],
        "evaluate.samples": 8,
    }
    return opening.begin(load("digits-patch-classical", changes=changes.items()), out=out)


def files(session: Session) -> dict[str, bytes]:
    """What a run ends with, once it is at its end."""
    for _ in session.records():
        pass
    last = "checkpoints/step-000005"
    names = ("records.jsonl", "evaluations.jsonl", f"{last}/tensors.safetensors", f"{last}/state.json", "metrics.json")
    return {name: (session.run.path / name).read_bytes() for name in (*names, "samples.npz")}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path, schedule: str) -> None:
    """With a penalty and an average, too."""
    undisturbed, left = (begin(tmp_path / name, schedule) for name in ("straight", "left"))
    records = left.records()
    for _ in range(3):
        next(records)
    records.close()
    gone_on = opening.resume(left.run.path)
    assert gone_on.experiment.state.step == 0, "nothing but its files is left of it"
    assert files(gone_on) == files(undisturbed)
    written = RunDirectory.open(left.run.path).config.document()
    assert written["schedule"]["generator"].keys() >= {"name", "warmup"}, "every option is written down"
    assert written["penalty"] == {"name": "gradient-penalty", "coefficient": 10.0, "one_sided": False}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule.generator.name": "cosin"}, "There is no schedule called 'cosin'.*Did you mean 'cosine'"),
        ({"schedule.generator.name": "cosine", "schedule.generator.ends": 1}, "'schedule.generator.ends'.*'end'"),
        ({"schedule.discriminator.name": "exponential", "schedule.discriminator.end": 0.0}, "cannot be used"),
        ({"schedule.discriminator.name": "step", "schedule.discriminator.warmup": -1}, "cannot be used"),
        ({"schedule.generater.name": "cosine"}, "Did you mean 'generator'"),
        ({"train.ema": 1.0}, "'train.ema' cannot be used"),
    ],
)
def test_a_mistake_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(load("digits-patch-classical", changes=changes.items()))
