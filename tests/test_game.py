import math
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from qgan.errors import ConfigError
from qgan.game import Batch, Game, adversarial
from qgan.losses import NonSaturating
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


class Labelled(nn.Module):
    """The label is the logit."""

    def forward(self, values: Tensor, labels: Tensor) -> Tensor:
        return labels.to(values.dtype) + 0 * values.sum(1)


def test_a_conditional_game_tells_the_discriminator_the_labels(parts: SimpleNamespace) -> None:
    def objectives(**more: bool) -> Game:
        return adversarial(
            generator=lambda draw: Samples(torch.ones(2, 1), torch.full((2,), 0.5), draw.labels),  # type: ignore[arg-type]
            discriminator=Labelled(),
            loss=NonSaturating(),
            optimizers={"generator": torch.optim.SGD(parts.generator.parameters()),
                        "discriminator": torch.optim.SGD(parts.discriminator.parameters())},
            device=torch.device("cpu"),
            **more,
        )  # fmt: skip

    real = Samples(torch.ones(2, 1), torch.full((2,), 0.5), torch.tensor([3, 3]))
    draw = Draw(torch.zeros(2, 1), torch.tensor([1, 1]), Key(0, "latent"))
    _, _, scores = outcomes(objectives(conditional=True), Batch(real, draw))
    assert scores["real"].item() == pytest.approx(1 / (1 + math.exp(-3)), rel=1e-6)
    assert scores["fake"].item() == pytest.approx(1 / (1 + math.exp(-1)), rel=1e-6)
    with pytest.raises(TypeError, match="labels"):
        outcomes(objectives(), Batch(real, draw))
    with pytest.raises(ConfigError, match="these samples have none"):
        outcomes(objectives(conditional=True), Batch(Samples(real.values, real.weights), draw))
