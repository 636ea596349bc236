"""All draws of a player's updates in a step, told before the first of them is asked for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from qgan.build import build
from qgan.config import load
from qgan.experiment import Experiment
from qgan.game import Batch, Game, Outcome, Player
from qgan.loop import StepRecord, train
from qgan.objects import Objects
from qgan.samples import Draw
from qgan.seeding import Key

SMALL = {"train.batch_size": 3, "discriminator.hidden": [5], "run.device": "cpu", "seed": 3}
SMALL |= {"generator.name": "mlp", "generator.parameters": 31, "generator.latent_dim": 4}


def make(updates: int) -> Experiment:
    changes = {**SMALL, "train.discriminator_updates": updates}
    data = np.random.default_rng(0).random((24, 4))
    return build(load("digits-patch", changes=changes.items()), Objects(data=data))


def run(experiment: Experiment, steps: int, *, game: Game | None = None) -> list[StepRecord]:
    return list(train(experiment.state, game or experiment.game, experiment.batches, steps=steps))


def weights(experiment: Experiment) -> Tensor:
    modules = experiment.state.modules.values()
    return torch.cat([nn.utils.parameters_to_vector(module.parameters()).detach().double() for module in modules])


@pytest.mark.parametrize("updates", [1, 2, 4])
def test_of_several_draws_all_are_told_before_the_first_is_asked_for(updates: int) -> None:
    experiment = make(updates)
    told: list[tuple[Draw, ...]] = []
    asked: list[Draw] = []

    def telling(player: Player) -> Player:
        def objective(batch: Batch) -> Outcome:
            asked.append(batch.draw)
            return player.objective(batch)

        def expect(draws: Sequence[Draw]) -> None:
            assert len(asked) == len(told) * (updates + 1)
            told.append(tuple(draws))

        return replace(player, objective=objective, expect=expect if player.name == "discriminator" else None)

    run(experiment, 3, game=replace(experiment.game, players=[telling(player) for player in experiment.game.players]))
    if updates == 1:
        assert told == []
        return
    assert len(told) == 3
    for step, draws in enumerate(told):
        seen = asked[step * (updates + 1) :][:updates]
        assert [draw.key for draw in draws] == [
            Key(3, f"latent/discriminator/{update}", step + 1) for update in range(updates)
        ]
        assert all(one is other for one, other in zip(draws, seen, strict=True))


def test_a_player_that_rests_expects_nothing() -> None:
    experiment = make(2)
    told: list[Any] = []
    players = [replace(player, starts=3, expect=told.append) for player in experiment.game.players]
    run(experiment, 2, game=replace(experiment.game, players=players))
    assert told == []


def test_what_is_expected_changes_nothing() -> None:
    plain, expecting = make(2), make(2)
    players = [replace(player, expect=lambda draws: None) for player in expecting.game.players]  # noqa: ARG005
    found = run(expecting, 3, game=replace(expecting.game, players=players))
    assert [record.numbers() for record in found] == [record.numbers() for record in run(plain, 3)]
    assert torch.equal(weights(plain), weights(expecting))
