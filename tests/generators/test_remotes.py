"""Generators whose circuits are sent away: found wherever they are, asked together, and not asked where nothing is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from qgan.backends.jobs.costs import Cost
from qgan.build import build
from qgan.config import load
from qgan.errors import BackendError
from qgan.experiment import Experiment
from qgan.generators.remotes import expect, gathered, remotes, simulated
from qgan.objects import Objects
from qgan.samples import DataSet, Part
from qgan.seeding import Key

DATA = np.random.default_rng(0).random((24, 2, 2))
SMALL: dict[str, Any] = {"train.batch_size": 3, "discriminator.hidden": [5], "run.device": "cpu"}
IBM: dict[str, Any] = {"name": "ibm:nowhere", "shots": 16}
PATCH: dict[str, Any] = {"name": "patch", "n_wires": 2, "layers": 1}
KINDS: dict[str, dict[str, Any]] = {
    "patch": PATCH,
    "expectation": {"name": "expectation", "n_wires": 2, "layers": 1, "observables": "xz", "head": "affine"},
    "conditional": PATCH,
    "implicit": {"name": "implicit", "n_wires": 2, "layers": 1, "circuit": "data-reuploading"},
    "amplitude": {"name": "amplitude", "layers": 1},
    "batch-patch": {"name": "batch-patch", "layers": 1},
}


def make(
    kind: str = "patch", *, backend: Mapping[str, Any] = IBM, changes: Mapping[str, Any] | None = None
) -> Experiment:
    dotted = {"generator": KINDS[kind], "backend": backend, **SMALL, **(changes or {})}
    data = DATA
    if kind == "conditional":
        part = Part(DATA, np.arange(24) % 2)
        data = DataSet("own", part, part, part, 0.0, 1.0)
        dotted["train.conditional"] = True
    return build(load("digits-patch-classical", changes=dotted.items()), Objects(data=data))


def fail() -> None:
    raise KeyError


def ways(generator: Any) -> set[str]:
    return {each.way for each in remotes(generator)}


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_sends_is_found_once_wherever_it_is(kind: str) -> None:
    generator = make(kind).generator
    (sender,) = remotes(generator)
    assert (sender.name, sender.shots, sender.way) == ("ibm:nowhere", 16, "closed")
    assert remotes(generator, generator, nn.Sequential(generator)) == [sender]


def test_there_is_none_where_nothing_is_sent() -> None:
    assert remotes(nn.Linear(2, 2), object(), None) == []
    for name in ("batched.qubit", "aer"):
        experiment = make(backend={"name": name})
        assert remotes(experiment.generator) == []
        assert gathered(experiment.generator, fail) == []
        with simulated(experiment.generator):
            experiment.generator.sample(2, Key(0, "look"))


def test_an_average_sends_by_itself() -> None:
    experiment = make(changes={"train.ema": 0.9})
    assert len(remotes(experiment.generator, experiment.game.generator)) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_simulated_it_is_the_same_generator_without_shots(kind: str) -> None:
    remote = make(kind).generator
    exact = make(kind, backend={"name": "batched.qubit", "c_dtype": "complex128"}).generator
    exact.load_state_dict(remote.state_dict())
    key = Key(1, "look")
    with simulated(remote):
        assert ways(remote) == {"simulated"}
        found = remote(remote.draw(3, key))
    torch.testing.assert_close(found.values, exact(exact.draw(3, key)).values, rtol=0, atol=1e-9)
    assert remote.counts.executions == 0
    assert ways(remote) == {"closed"}
    with pytest.raises(BackendError, match="nobody has allowed"):
        remote(remote.draw(3, key))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_gathered_of_several_draws_is_what_each_of_them_asks_for(kind: str) -> None:
    generator = make(kind).generator
    draws = [generator.draw(3, Key(0, f"latent/{number}", 2)) for number in range(3)]

    def ask(some: Any) -> Any:
        with torch.no_grad():
            for draw in some:
                generator(draw)

    ((sender, together),) = gathered(generator, lambda: ask(draws))
    one_by_one = [
        order for draw in draws for _, orders in gathered(generator, lambda d=draw: ask([d])) for order in orders
    ]
    assert [order.key for order in together] == [draw.key for draw in draws]
    for one, other in zip(together, one_by_one, strict=True):
        assert one.key == other.key
        assert one.template == other.template
        assert one.table.tobytes() == other.table.tobytes()
    assert sender.cost(together) == Cost(1, 3 * len(together[0].table), 16)
    assert generator.counts.executions == 0
    assert ways(generator) == {"closed"}


def test_expecting_runs_what_the_draws_will_ask_for_without_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    generator: Any = make("expectation").generator
    (sender,) = remotes(generator)
    heard: list[Any] = []
    monkeypatch.setattr(sender, "expect", heard.append)
    draws = [generator.draw(3, Key(0, f"latent/{number}", 2)) for number in range(2)]
    expect(generator, draws)
    ((first, second),) = heard
    # Each row in both bases, and no shifted one.
    assert [len(order.table) for order in (first, second)] == [3 * 2] * 2
    assert [order.key for order in (first, second)] == [draw.key for draw in draws]
    assert torch.is_grad_enabled()


def test_a_generator_that_fails_leaves_its_sender_as_it_was() -> None:
    generator = make().generator
    with pytest.raises(KeyError):
        gathered(generator, fail)
    assert ways(generator) == {"closed"}
