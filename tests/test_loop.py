import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from qgan.build import build
from qgan.config import load
from qgan.errors import ConfigError, DivergedError
from qgan.experiment import Experiment
from qgan.game import Batch, Game
from qgan.loop import StepRecord, train
from qgan.losses import LOSSES, NonSaturating
from qgan.objects import Objects
from qgan.penalties import PENALTIES
from qgan.schedules import SCHEDULES
from qgan.seeding import Key

DATA = np.random.default_rng(0).random((24, 4))
PATCH = {"generator.n_wires": 3, "generator.layers": 2}
MLP = {"generator.name": "mlp", "generator.parameters": 31, "generator.latent_dim": 4}
SMALL = {"train.batch_size": 3, "discriminator.hidden": [5], "run.device": "cpu", "seed": 3}


def make(kind: dict[str, Any] = MLP, /, *, loss: Any = None, discriminator: Any = None, **changes: Any) -> Experiment:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    config = load("digits-patch", changes={**SMALL, **kind, **dotted}.items())
    return build(config, Objects(data=DATA, loss=loss, discriminator=discriminator))


def run(experiment: Experiment, steps: int, *, game: Game | None = None) -> list[StepRecord]:
    return list(train(experiment.state, game or experiment.game, experiment.batches, steps=steps))


def weights(module: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(module.parameters()).detach().clone()


def both(experiment: Experiment) -> Tensor:
    return torch.cat([weights(module).double() for module in experiment.state.modules.values()])


OPTIMIZERS = {
    "adam": {},
    "sgd": {"momentum": 0.9, "lr": 0.1},
    "adadelta": {},
    "rmsprop": {},
    "nadam": {},
    "asgd": {},
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", ["patch", "patch with shots", "mlp"])
def test_a_run_cut_in_two_is_the_run_bit_for_bit(kind: str, optimizer: str) -> None:
    changes: dict[str, Any] = {"mlp": MLP, "patch": PATCH, "patch with shots": {**PATCH, "backend.shots": 20}}[kind]
    for side in ("generator", "discriminator"):
        changes = {**changes, f"optimizer.{side}.name": optimizer}
        changes |= {f"optimizer.{side}.{key}": value for key, value in OPTIMIZERS[optimizer].items()}
    assert_cut_in_two_is_whole(changes, train__discriminator_updates=2)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_so_it_is_with_every_schedule(schedule: str) -> None:
    changes = {f"schedule__{side}__name": schedule for side in ("generator", "discriminator")}
    assert_cut_in_two_is_whole(MLP, **changes, schedule__generator__warmup=3, train__steps=5)


@pytest.mark.parametrize(("kind", "penalty"), [*((MLP, name) for name in PENALTIES), (PATCH, "gradient-penalty")])
def test_so_it_is_with_every_penalty_and_an_average(kind: dict[str, Any], penalty: str) -> None:
    changes = {"penalty__name": penalty, "loss__name": "wasserstein", "train__discriminator_updates": 2}
    assert_cut_in_two_is_whole(kind, **changes, train__ema=0.7)


def assert_cut_in_two_is_whole(kind: dict[str, Any], **changes: Any) -> None:
    straight, first, second = (make(kind, **changes) for _ in range(3))
    whole = run(straight, 5)
    begun = run(first, 2)
    tensors, scalars = first.state.state_dict()
    second.state.load_state_dict(tensors, json.loads(json.dumps(scalars)))
    gone_on = run(second, 5)
    ends, expected = second.state.state_dict(), straight.state.state_dict()
    assert all(torch.equal(value, expected[0][name]) for name, value in ends[0].items())
    assert ends[1] == expected[1]
    assert [record.numbers() for record in begun + gone_on] == [record.numbers() for record in whole]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_goes_with_every_penalty(loss: str, penalty: str) -> None:
    experiment = make(loss__name=loss, penalty__name=penalty)
    before = {name: weights(module) for name, module in experiment.state.modules.items()}
    records = run(experiment, 3)
    assert all("penalty" in record.scores for record in records) == (penalty != "none")
    assert all(not torch.equal(weights(experiment.state.modules[name]), then) for name, then in before.items())


@pytest.mark.parametrize("kind", [MLP, PATCH], ids=["mlp", "patch"])
def test_an_average_changes_nothing_but_what_is_shown(kind: dict[str, Any]) -> None:
    plain, averaged = make(kind), make(kind, train__ema=0.7)
    expected = weights(plain.generator)
    for step in range(1, 4):
        assert [r.numbers() for r in run(averaged, step)] == [r.numbers() for r in run(plain, step)]
        expected = 0.7 * expected + 0.3 * weights(plain.generator)
    assert torch.equal(both(averaged), both(plain))
    assert plain.generator is plain.game.generator
    assert averaged.generator is not averaged.game.generator
    torch.testing.assert_close(weights(averaged.generator), expected)
    key = Key(0, "look")
    assert not torch.equal(averaged.generator.sample(3, key).values, plain.generator.sample(3, key).values)


def test_a_constraint_holds_after_every_update() -> None:
    experiment = make(penalty__name="weight-clipping", penalty__bound=0.1, train__discriminator_updates=3)
    largest: list[float] = []

    def look(_module: nn.Module, _inputs: Any) -> None:
        largest.append(weights(experiment.discriminator).abs().max().item())

    experiment.discriminator.register_forward_pre_hook(look)
    run(experiment, 2)
    # Real and generated samples in each of three updates, and generated ones in the generator's.
    assert len(largest) == 2 * (3 * 2 + 1)
    assert largest[0] > 0.1, "they begin beyond it"
    # In single precision 0.1 is a little more.
    assert max(largest[2:]) <= torch.tensor(0.1).item()


def test_rates_follow_the_schedule_of_the_whole_run() -> None:
    """Not of the steps that the loop was asked for."""
    descent = {"optimizer__generator__name": "sgd", "optimizer__generator__lr": 0.5}
    experiment = make(**descent, schedule__generator__name="linear", train__steps=10)
    for step in range(1, 4):
        before = weights(experiment.generator)
        (record,) = run(experiment, step)
        rate = 0.5 * (1 - (step - 1) / 10)
        # Single precision.
        assert (weights(experiment.generator) - before).norm().item() == pytest.approx(
            rate * record.grad_norms["generator"], rel=1e-3
        )


def test_runs_differ_by_their_seed() -> None:
    one, same, other = make(), make(), make(seed=4)
    records = [[record.numbers() for record in run(experiment, 3)] for experiment in (one, same, other)]
    assert records[0] == records[1]
    assert records[0] != records[2]


def test_records_count_from_where_the_state_is() -> None:
    experiment = make()
    assert [record.step for record in run(experiment, 2)] == [1, 2]
    assert [record.step for record in run(experiment, 4)] == [3, 4]
    assert run(experiment, 4) == []


def test_the_state_may_be_saved_whenever_a_record_is_there() -> None:
    experiment = make()
    for record in train(experiment.state, experiment.game, experiment.batches, steps=3):
        assert experiment.state.step == record.step
        assert experiment.state.state_dict()[1]["step"] == record.step


@pytest.mark.parametrize("kind", [MLP, PATCH], ids=["mlp", "patch"])
def test_a_player_moves_only_what_is_its_own(kind: dict[str, Any]) -> None:
    experiment = make(kind)
    modules = experiment.state.modules
    for player in experiment.game.players:
        before = {name: weights(module) for name, module in modules.items()}
        run(experiment, experiment.state.step + 1, game=replace(experiment.game, players=[player]))
        moved = {name for name, module in modules.items() if not torch.equal(weights(module), before[name])}
        assert moved == {player.name}


def spied(experiment: Experiment) -> tuple[Game, dict[str, list[Batch]]]:
    seen: dict[str, list[Batch]] = {}

    def spy(player):
        def objective(batch: Batch):
            seen.setdefault(player.name, []).append(batch)
            return player.objective(batch)

        return replace(player, objective=objective)

    return replace(experiment.game, players=[spy(player) for player in experiment.game.players]), seen


def test_every_update_has_a_batch_and_a_draw_of_its_own() -> None:
    experiment = make(train__discriminator_updates=3)
    game, seen = spied(experiment)
    run(experiment, 4, game=game)
    assert {name: len(batches) for name, batches in seen.items()} == {"discriminator": 12, "generator": 4}
    draws = torch.stack([batch.draw.latent for batches in seen.values() for batch in batches])
    assert len(torch.unique(draws, dim=0)) == 16
    # 12 rows to train on: 3 in each batch, so that 4 updates show every row once, whatever the step they are in.
    rows = torch.cat([batch.real.values for batch in seen["discriminator"]])
    assert len(experiment.data.train) == 12
    for epoch in rows.reshape(3, 12, 4):
        assert len(torch.unique(epoch, dim=0)) == 12


def test_a_player_rests_until_it_starts() -> None:
    experiment = make()
    players = [replace(player, starts=3 if player.name == "generator" else 1) for player in experiment.game.players]
    before = weights(experiment.generator)
    records = run(experiment, 2, game=replace(experiment.game, players=players))
    assert torch.equal(weights(experiment.generator), before)
    assert [set(record.losses) for record in records] == [{"discriminator"}] * 2
    (record,) = run(experiment, 3, game=replace(experiment.game, players=players))
    assert set(record.losses) == {"discriminator", "generator"}
    assert not torch.equal(weights(experiment.generator), before)


def test_clipping_bounds_the_gradient_that_is_applied() -> None:
    """Plain gradient descent moves by the learning rate times the gradient."""
    descent = {f"optimizer__{side}__name": "sgd" for side in ("generator", "discriminator")}
    rates = {f"optimizer__{side}__lr": 1.0 for side in ("generator", "discriminator")}
    clipped, free = make(train__grad_clip=1e-3, **descent, **rates), make(**descent, **rates)
    before = weights(clipped.discriminator)
    record, unclipped = run(clipped, 1)[0], run(free, 1)[0]
    assert record.grad_norms["discriminator"] == unclipped.grad_norms["discriminator"] > 1e-3
    # Single precision.
    assert (weights(clipped.discriminator) - before).norm().item() == pytest.approx(1e-3, rel=1e-3)
    norm = record.grad_norms["discriminator"]
    assert (weights(free.discriminator) - before).norm().item() == pytest.approx(norm, rel=1e-3)


def test_frozen_parameters_stay() -> None:
    # Not ReLU, all of which may be dead.
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    module[0].requires_grad_(False)
    experiment = make(discriminator=module)
    run(experiment, 2)
    pairs = zip(experiment.discriminator.parameters(), module.parameters(), strict=True)
    changed = [not torch.equal(now, then) for now, then in pairs]
    assert changed == [False, False, True, True]


class Poisoned(NonSaturating):  # type: ignore[misc]
    """NaN or infinity in the value, or only in the gradient, of one side."""

    def __init__(self, side: str, poison: str) -> None:
        self.side, self.poison = side, poison

    def spoil(self, side: str, value: Tensor) -> Tensor:
        if side != self.side:
            return value
        if self.poison == "gradient":
            return value + torch.sqrt(0 * value.square())
        return value * float(self.poison)

    def discriminator(self, **inputs: Tensor) -> Tensor:
        return self.spoil("discriminator", super().discriminator(**inputs))

    def generator(self, **inputs: Tensor) -> Tensor:
        return self.spoil("generator", super().generator(**inputs))


@pytest.mark.parametrize("poison", ["nan", "inf", "gradient"])
@pytest.mark.parametrize("side", ["discriminator", "generator"])
def test_what_is_not_finite_is_never_yielded(side: str, poison: str) -> None:
    experiment = make(loss=Poisoned(side, poison))
    part = "gradient" if poison == "gradient" else "loss"
    with pytest.raises(DivergedError, match=rf"The {part} of the {side} is -?(nan|inf) at step 1"):
        next(train(experiment.state, experiment.game, experiment.batches, steps=1))
    assert experiment.state.step == 0


def test_a_parameter_that_is_not_finite_is_never_yielded() -> None:
    experiment = make(optimizer__generator__lr=1e308)
    with pytest.raises(DivergedError, match=r"parameter '.*' of the generator is not finite after step 1"):
        run(experiment, 1)


def test_dropout_is_drawn_from_the_runs_own_stream() -> None:
    def trained(global_seed: int) -> Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(global_seed)
            experiment = make(discriminator=copied(module))
            before = torch.get_rng_state()
            run(experiment, 3)
            assert torch.equal(torch.get_rng_state(), before)
        return both(experiment)

    def copied(original: nn.Sequential) -> nn.Sequential:
        other = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
        other.load_state_dict(original.state_dict())
        return other

    module = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    assert torch.equal(trained(1), trained(2))


def test_training_leaves_global_random_states_alone() -> None:
    before, kept = torch.get_rng_state(), np.random.get_state(legacy=False)["state"]["key"].tolist()  # noqa: NPY002
    run(make(PATCH), 2)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == kept  # noqa: NPY002


def test_circuits_are_counted_for_each_step() -> None:
    """Backprop runs nothing again: one circuit a patch for each sample, once for either player."""
    config = load("digits-patch", changes={**SMALL, **PATCH, "backend.name": "default.qubit"}.items())
    experiment = build(config)
    records = run(experiment, 2)
    assert experiment.facts["circuit"]["patches"] == 16
    assert [record.executions for record in records] == [2 * 3 * 16] * 2
    assert [record.shots for record in records] == [0, 0]
    assert records[0].generator.keys() == {"postselection"}


def test_shots_are_counted_with_the_shifted_circuits() -> None:
    """One patch with 6 weights, in CZ circuits of RY alone: 12 shifted circuits for each sample."""
    records = run(make({**PATCH, "backend.shots": 10}), 2)
    assert [record.executions for record in records] == [3 + 3 + 3 * 12] * 2
    assert [record.shots for record in records] == [10 * record.executions for record in records]


def test_a_classical_generator_runs_no_circuit() -> None:
    assert {(record.executions, record.shots) for record in run(make(), 2)} == {(0, 0)}


def test_seconds_are_those_of_the_players_and_the_rest() -> None:
    (record,) = run(make(), 1)
    assert set(record.seconds) == {"discriminator", "generator", "rest"}
    assert all(seconds >= 0 for seconds in record.seconds.values())
    assert "seconds" not in record.numbers()
    json.dumps(record.numbers(), allow_nan=False)


def test_the_generator_learns() -> None:
    """The mean of the generated samples comes nearer to that of the data: the loop minimises, and does not maximise."""
    data = 0.8 + 0.01 * np.random.default_rng(0).standard_normal((40, 4))
    changes = {
        **SMALL,
        **MLP,
        "train.batch_size": 16,
        "optimizer.generator.lr": 0.02,
        "optimizer.discriminator.lr": 0.02,
    }
    wide = replace(build(load("digits-patch", changes=changes.items()), Objects(data=data)).data, low=0.0, high=1.0)
    experiment = build(load("digits-patch", changes=changes.items()), Objects(data=wide))

    def error() -> float:
        return abs(experiment.generator.sample(200, Key(0, "look")).values.mean().item() - 0.8)

    before = error()
    run(experiment, 60)
    assert error() < before / 2


class Unfit:
    """A user's loss that is right but for the generator's side."""

    def __init__(self, spoil: Any) -> None:
        self.spoil = spoil

    def discriminator(self, **inputs: Tensor) -> Tensor:
        return NonSaturating().discriminator(**inputs)

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        return self.spoil(fake * fake_weights)


@pytest.mark.parametrize(
    ("spoil", "got"), [(lambda x: x, "shape"), (lambda x: x.sum().detach(), "detached")], ids=["vector", "detached"]
)
def test_a_loss_that_cannot_be_minimised_is_refused(spoil: Any, got: str) -> None:
    with pytest.raises(ConfigError, match=f"loss of the generator.*{got}"):
        run(make(loss=Unfit(spoil)), 1)


class Ordered(nn.Module):
    """Notes whether convolutions would add up in one order."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.seen = nn.Linear(4, 1), []

    def forward(self, values: Tensor) -> Tensor:
        self.seen.append(torch.backends.cudnn.deterministic)
        return self.layer(values)


def test_convolutions_add_up_in_one_order_within_a_step_and_as_they_were_after_it() -> None:
    experiment = make(discriminator=Ordered())
    experiment.discriminator.seen.clear()  # type: ignore[operator, union-attr]
    run(experiment, 1)
    assert experiment.discriminator.seen == [True, True, True]
    assert torch.backends.cudnn.deterministic is False
