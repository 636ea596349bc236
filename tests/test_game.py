import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from qgan.errors import ConfigError
from qgan.game import Batch, Game, Outcome, Player, adversarial
from qgan.losses import NonSaturating
from qgan.penalties import PENALTIES, Critic
from qgan.readout import Counts
from qgan.samples import Draw, Samples
from qgan.seeding import Key


class Born(nn.Module):
    """Fixed values with weights that learn, as a generator of whole distributions has them."""

    def __init__(self) -> None:
        super().__init__()
        self.logits, self.counts, self.diagnostics = nn.Parameter(torch.tensor([0.0, 1.0])), Counts(), {}
        self.grad_modes: list[bool] = []

    def draw(self, n: int, key: Key) -> Draw:
        return Draw(torch.zeros(n, 1), None, key)

    def forward(self, draw: Draw) -> Samples:  # noqa: ARG002
        self.grad_modes.append(torch.is_grad_enabled())
        return Samples(torch.tensor([[1.0], [3.0]]), self.logits.softmax(0))


@pytest.fixture
def parts() -> SimpleNamespace:
    generator, discriminator = Born(), nn.Linear(1, 1)
    optimizers: dict[str, torch.optim.Optimizer] = {
        "generator": torch.optim.SGD(generator.parameters()),
        "discriminator": torch.optim.SGD(discriminator.parameters()),
    }
    game = adversarial(
        generator=generator,
        discriminator=discriminator,
        loss=NonSaturating(),
        optimizers=optimizers,
        device=torch.device("cpu"),
        discriminator_updates=3,
        clip=0.5,
    )
    real = Samples(torch.tensor([[2.0], [4.0]]), torch.tensor([0.25, 0.75]))
    batch = Batch(real, generator.draw(2, Key(0, "latent")))
    return SimpleNamespace(game=game, generator=generator, discriminator=discriminator, batch=batch)


def outcomes(game: Game, batch: Batch) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    discriminate, generate = (player.objective(batch) for player in game.players)
    return discriminate.loss, generate.loss, discriminate.scores


def test_the_discriminator_moves_first(parts: SimpleNamespace) -> None:
    players = parts.game.players
    assert [(player.name, player.updates, player.clip) for player in players] == [
        ("discriminator", 3, 0.5),
        ("generator", 1, 0.5),
    ]
    assert players[0].parameters == list(parts.discriminator.parameters())
    assert players[1].parameters == list(parts.generator.parameters())


def test_losses_and_scores_are_weighted(parts: SimpleNamespace) -> None:
    loss, generator_loss, scores = outcomes(parts.game, parts.batch)
    real = parts.discriminator(parts.batch.real.values).flatten().sigmoid()
    fake, weights = (
        parts.discriminator(torch.tensor([[1.0], [3.0]])).flatten().sigmoid(),
        parts.generator.logits.softmax(0),
    )
    expected_real, expected_fake = parts.batch.real.weights @ real, weights @ fake
    torch.testing.assert_close(scores["real"], expected_real)
    torch.testing.assert_close(scores["fake"], expected_fake)
    torch.testing.assert_close(loss, -(parts.batch.real.weights @ real.log() + weights @ (1 - fake).log()))
    torch.testing.assert_close(generator_loss, -(weights @ fake.log()))


def test_no_gradient_circuits_are_run_for_the_discriminator(parts: SimpleNamespace) -> None:
    loss, generator_loss, _ = outcomes(parts.game, parts.batch)
    assert parts.generator.grad_modes == [False, True]
    (nothing,) = torch.autograd.grad(loss, [parts.generator.logits], allow_unused=True)
    assert nothing is None
    (something,) = torch.autograd.grad(generator_loss, [parts.generator.logits])
    assert something.abs().sum() > 0


def test_logits_may_have_an_axis_of_their_own_or_none(parts: SimpleNamespace) -> None:
    with torch.no_grad():
        for parameter in parts.discriminator.parameters():
            parameter.zero_()
    loss, generator_loss, scores = outcomes(parts.game, parts.batch)
    assert loss.shape == generator_loss.shape == ()
    assert loss.item() == pytest.approx(2 * math.log(2), rel=1e-6)
    assert generator_loss.item() == pytest.approx(math.log(2), rel=1e-6)
    assert scores["real"].item() == scores["fake"].item() == 0.5


class Recorded:
    """A penalty that is 7, and remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[tuple[Samples, Samples, Key, Tensor]] = []
        self.projected: list[nn.Module] = []

    def __call__(self, discriminator: Critic, real: Samples, fake: Samples, key: Key) -> Tensor:
        self.seen.append((real, fake, key, discriminator(real)))
        return torch.tensor(7.0)

    def project(self, discriminator: nn.Module) -> None:
        self.projected.append(discriminator)


def play(discriminator: nn.Module, generator: Any = None, **more: Any) -> Game:
    generator = generator or Born()
    optimizers: dict[str, torch.optim.Optimizer] = {
        "generator": torch.optim.SGD(generator.parameters(), lr=0.5),
        "discriminator": torch.optim.SGD(discriminator.parameters(), lr=0.25),
    }
    return adversarial(
        generator=generator,
        discriminator=discriminator,
        loss=NonSaturating(),
        optimizers=optimizers,
        device=torch.device("cpu"),
        **more,
    )


def test_the_discriminators_penalty_is_part_of_its_loss(parts: SimpleNamespace) -> None:
    penalty = Recorded()
    loss, generator_loss, scores = outcomes(play(parts.discriminator, parts.generator, penalty=penalty), parts.batch)
    plain, plain_generator_loss, plain_scores = outcomes(parts.game, parts.batch)
    torch.testing.assert_close(loss, plain + 7)
    torch.testing.assert_close(generator_loss, plain_generator_loss)
    assert scores == {**plain_scores, "penalty": torch.tensor(7.0)}
    ((real, fake, key, logits),) = penalty.seen
    assert real is parts.batch.real
    assert torch.equal(fake.values, torch.tensor([[1.0], [3.0]]))
    assert not fake.weights.requires_grad
    assert key == Key(0, "latent/penalty")
    assert torch.equal(logits, parts.discriminator(real.values).flatten())


def test_a_constraint_follows_each_update(parts: SimpleNamespace) -> None:
    penalty = Recorded()
    discriminate, generate = play(parts.discriminator, penalty=penalty).players
    for update in (1, 2):
        discriminate.update(1)
        assert penalty.projected == [parts.discriminator] * update
    generate.update(1)
    assert len(penalty.projected) == 2


@pytest.mark.parametrize("name", PENALTIES)
def test_every_penalty_finds_its_place_in_the_game(name: str, parts: SimpleNamespace) -> None:
    penalty = PENALTIES[name].make(PENALTIES[name].options())
    game = play(parts.discriminator, parts.generator, penalty=penalty)
    value = game.players[0].outcome(parts.batch).loss
    gradients = torch.autograd.grad(value, game.players[0].parameters)
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM], ids=lambda kind: kind.__name__)
def test_slopes_of_recurrent_layers_can_be_differentiated(kind: Any) -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            with torch.random.fork_rng(devices=[]):
                self.cell, self.last = kind(1, 3, batch_first=True), nn.Linear(3, 1)
            self.asked: set[bool] = set()

        def forward(self, values: Tensor) -> Tensor:
            self.asked.add(torch.backends.cudnn.enabled)
            return self.last(self.cell(values[..., None])[0][:, -1])

    penalty = PENALTIES["gradient-penalty"].make(PENALTIES["gradient-penalty"].options())
    before, module = torch.backends.cudnn.enabled, Recurrent()
    game = play(module, penalty=penalty)
    batch = Batch(Samples.uniform(torch.tensor([[2.0], [4.0]])), Draw(torch.zeros(2, 1), None, Key(0, "latent")))
    gradients = torch.autograd.grad(game.players[0].outcome(batch).loss, game.players[0].parameters)
    assert all(gradient.isfinite().all() for gradient in gradients)
    # On a GPU, cuDNN would refuse; here is seen that it is asked again afterwards, and not while slopes are taken.
    assert torch.backends.cudnn.enabled == before
    assert False in module.asked
    assert before in module.asked


def test_weights_of_another_precision_are_no_trouble(parts: SimpleNamespace) -> None:
    """Circuits give probabilities in double precision, networks logits in single."""
    parts.generator.double()
    loss, generator_loss, _ = outcomes(parts.game, parts.batch)
    assert loss.dtype == generator_loss.dtype == torch.float32
    (gradient,) = torch.autograd.grad(generator_loss, [parts.generator.logits])
    assert gradient.dtype == torch.float64
    assert gradient.any()


class Told(nn.Module):
    """A discriminator of values and labels, which it remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.seen = nn.Linear(1, 1), []

    def forward(self, values: Tensor, labels: Tensor) -> Tensor:
        self.seen.append(labels)
        return self.layer(values)


class Labelled(Born):
    """Its samples bear the labels of their draw."""

    def forward(self, draw: Draw) -> Samples:
        return replace(super().forward(draw), labels=draw.labels)


def test_a_conditional_discriminator_is_told_every_label(parts: SimpleNamespace) -> None:
    module, penalty = Told(), PENALTIES["r1"].make(PENALTIES["r1"].options())
    game = play(module, Labelled(), penalty=penalty, conditional=True)
    real, fake = torch.tensor([0, 1]), torch.tensor([2, 0])
    batch = Batch(replace(parts.batch.real, labels=real), replace(parts.batch.draw, labels=fake))
    outcomes(game, batch)
    assert [labels.tolist() for labels in module.seen] == [[0, 1], [2, 0], [0, 1], [2, 0]]


@pytest.mark.parametrize("without", ["real", "fake"])
def test_labels_that_are_not_there_are_asked_for(parts: SimpleNamespace, without: str) -> None:
    labels = {"real": torch.tensor([0, 1]), "fake": torch.tensor([1, 1]), without: None}
    batch = Batch(replace(parts.batch.real, labels=labels["real"]), replace(parts.batch.draw, labels=labels["fake"]))
    with pytest.raises(ConfigError, match=r"train\.conditional=false"):
        outcomes(play(Told(), Labelled(), conditional=True), batch)


def test_labels_are_not_told_unasked(parts: SimpleNamespace) -> None:
    """A plain module takes no second argument."""
    batch = Batch(replace(parts.batch.real, labels=torch.tensor([0, 1])), parts.batch.draw)
    torch.testing.assert_close(outcomes(parts.game, batch)[0], outcomes(parts.game, parts.batch)[0])


def moved(player: Player, step: int) -> float:
    """How far a gradient of 1 takes plain descent."""
    (parameter,) = player.parameters
    before = parameter.detach().clone()
    parameter.grad = torch.ones_like(parameter)
    player.update(step)
    return (before - parameter).mean().item()


def test_a_schedule_is_a_share_of_the_rate_that_was_asked_for() -> None:
    game = play(nn.Linear(1, 1, bias=False), schedules={"generator": lambda step: 1 / step})
    discriminate, generate = game.players
    assert [moved(generate, step) for step in (1, 2, 4)] == pytest.approx([0.5, 0.25, 0.125], rel=1e-6)
    assert [moved(discriminate, step) for step in (1, 2, 4)] == pytest.approx([0.25] * 3, rel=1e-6)
    # As a checkpoint leaves it.
    generate.optimizer.param_groups[0]["lr"] = 99.0
    assert moved(generate, 2) == pytest.approx(0.25, rel=1e-6)


@pytest.mark.parametrize("gradient", [torch.arange(-5.0, 7).reshape(4, 3).t(), torch.ones(1, 1).expand(3, 4)])
def test_a_gradient_that_lies_otherwise_in_memory_moves_the_same_weights(gradient: Tensor) -> None:
    """A fused optimiser takes the numbers as they follow each other."""
    moved = []
    for fused in (True, False):
        weights = nn.Parameter(torch.zeros(3, 4))
        player = Player("one", objective=unused, optimizer=torch.optim.Adam([weights], lr=0.1, fused=fused))
        player.receive([gradient])
        player.update(1)
        moved.append(weights.detach())
    torch.testing.assert_close(moved[0], moved[1])
    assert torch.equal(moved[1].sign(), -gradient.sign())


def test_a_parameter_without_a_gradient_stays() -> None:
    weights = [nn.Parameter(torch.ones(2)) for _ in range(2)]
    player = Player("one", objective=unused, optimizer=torch.optim.SGD(weights, lr=0.5))
    player.receive([None, torch.ones(2)])
    player.update(1)
    assert [weight.tolist() for weight in weights] == [[1, 1], [0.5, 0.5]]


def unused(batch: Batch) -> Outcome:
    raise AssertionError(batch)
