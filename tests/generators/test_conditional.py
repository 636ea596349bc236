"""What every generator of the table promises once it is told labels."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from qgan.data.arrays import from_array
from qgan.errors import ConfigError
from qgan.generators import GENERATORS, ConditionalGenerator, Generator
from qgan.generators.conditional import numbered
from qgan.readout import Counts, GradientMethod
from qgan.samples import DataSet, Draw, Part, Samples
from qgan.seeding import Key

Make = Callable[..., Generator]
KEY = Key(5, "latent", 2)
LABELS = np.repeat([-3, 7, 40], [10, 20, 70])
DATA = from_array(np.random.default_rng(0).random((100, 6)), LABELS, seed=0)


def wrapped(inner: Generator, data: DataSet = DATA, seed: int = 0) -> ConditionalGenerator:
    return ConditionalGenerator(inner, data=data, key=Key(seed, "label embedding"))


@pytest.fixture(params=GENERATORS)
def told(make: Make, request: pytest.FixtureRequest) -> ConditionalGenerator:
    inner = make(request.param)
    if not (inner.latent_dim and inner.independent):
        with pytest.raises(ConfigError, match=r"train\.conditional=false"):
            wrapped(inner)
        pytest.skip(f"'{request.param}' makes not one sample of each latent, and is refused")
    return wrapped(inner)


class Plain(Generator):
    """Latents as they are; of a whole distribution where ``rows`` says how many."""

    quantum = False

    def __init__(self, latent_dim: int = 6, rows: int | None = None) -> None:
        super().__init__()
        self.latent_dim, self.rows, self.counts, self.diagnostics = latent_dim, rows, Counts(), {"x": 1.0}
        self.gradient = GradientMethod("none", "a test")

    def draw(self, n: int, key: Key) -> Draw:
        return Draw(torch.zeros(n, self.latent_dim), None, key)

    def forward(self, draw: Draw) -> Samples:
        return Samples.uniform(draw.latent if self.rows is None else torch.zeros(self.rows, self.latent_dim))


class Sharing(Plain):  # type: ignore[misc]
    """Says of itself that its samples are not each of a latent of its own."""

    independent = False


def test_samples_carry_the_datas_own_labels_and_draws_their_numbers(told: ConditionalGenerator) -> None:
    samples, draw = told.sample(40, KEY), told.draw(40, KEY)
    assert samples.labels is not None
    assert draw.labels is not None
    assert samples.values.shape == (40, 6)
    assert samples.labels.tolist() == [[-3, 7, 40][number] for number in draw.labels]
    assert torch.equal(samples.values, told(draw).values.detach())
    assert torch.equal(told(draw).labels, draw.labels)  # type: ignore[arg-type]


def test_latents_are_those_of_the_inner_generator_moved_by_the_class(told: ConditionalGenerator) -> None:
    draw = told.draw(9, KEY)
    assert draw.labels is not None
    plain = told.inner.draw(9, KEY)
    assert torch.equal(draw.latent, plain.latent)
    moved = replace(plain, latent=plain.latent + told.embedding[draw.labels])
    assert torch.equal(told(draw).values, told.inner(moved).values)
    with torch.no_grad():
        told.embedding.zero_()
    assert torch.equal(told(draw).values, told.inner(plain).values)


def test_each_class_has_its_own_samples_of_one_draw(told: ConditionalGenerator) -> None:
    each = [told.sample_class(label, 5, KEY) for label in (-3, 7, 40)]
    assert [samples.labels.unique().tolist() for samples in each if samples.labels is not None] == [[-3], [7], [40]]
    assert not torch.equal(each[0].values, each[1].values)
    assert not torch.equal(each[1].values, each[2].values)
    assert torch.equal(told.sample_class(7, 5, KEY).values, each[1].values)


def test_a_gradient_reaches_the_class_that_was_drawn_and_no_other(told: ConditionalGenerator) -> None:
    draw = replace(told.draw(8, KEY), labels=torch.tensor([0, 2] * 4))
    (told(draw).values * torch.arange(1.0, 7)).square().sum().backward()
    assert told.embedding.grad is not None
    assert told.embedding.grad[0].any()
    assert not told.embedding.grad[1].any()
    assert told.embedding.grad[2].any()


def test_the_embedding_is_drawn_from_the_key(make: Make) -> None:
    one, same, other = (wrapped(make("mlp"), seed=seed).embedding for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert 0 < one.abs().max() < 0.5


def test_labels_come_by_their_shares_of_the_training_part() -> None:
    labels = wrapped(Plain()).draw(4000, KEY).labels
    assert labels is not None
    shares = np.bincount(labels.numpy(), minlength=3) / 4000
    # Four standard errors of the rarest and of the most frequent.
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.7], atol=4 * (0.25 / 4000) ** 0.5)
    again, other = (wrapped(Plain()).draw(4000, key).labels for key in (KEY, Key(5, "latent", 3)))
    assert again is not None
    assert other is not None
    assert torch.equal(labels, again)
    assert not torch.equal(labels, other)


def test_its_state_can_be_moved(make: Make) -> None:
    module, other = wrapped(make("patch", seed=0)), wrapped(make("patch", seed=1), seed=1)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other.sample(3, KEY).values, module.sample(3, KEY).values)


def test_what_is_said_of_it_is_said_of_the_inner_one(told: ConditionalGenerator) -> None:
    told.sample(3, KEY)
    assert told.quantum == told.inner.quantum
    assert told.counts is told.inner.counts
    assert told.gradient == told.inner.gradient
    assert told.diagnostics == told.inner.diagnostics
    assert told.latent_dim == told.inner.latent_dim


def test_torchs_global_stream_is_left_alone(told: ConditionalGenerator) -> None:
    before = torch.get_rng_state()
    told.sample(3, KEY)
    assert torch.equal(torch.get_rng_state(), before)


def test_labels_are_numbered_in_their_order() -> None:
    part = Part(np.zeros((4, 1)), np.array([7, -3, 40, 7]))
    assert numbered(part).labels.tolist() == [1, 0, 2, 1]  # type: ignore[union-attr]
    assert part.labels.tolist() == [7, -3, 40, 7]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("inner", "data", "message"),
    [
        (Plain(0), DATA, r"without latents.*conditional=false"),
        (Sharing(), DATA, r"share a latent.*conditional=false"),
        (Plain(), from_array(np.zeros((20, 6)), seed=0), r"no labels.*conditional=false"),
    ],
)
def test_what_cannot_be_told_is_refused(inner: Generator, data: DataSet, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        wrapped(inner, data)


def test_a_whole_distribution_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"whole distribution.*16 samples of 4 latents"):
        wrapped(Plain(rows=16)).sample(4, KEY)


@pytest.mark.parametrize("label", [0, 1, 41, None, "7"])
def test_a_class_that_is_not_there_is_refused(label: Any) -> None:
    with pytest.raises(ConfigError, match="-3, 7, 40"):
        wrapped(Plain()).sample_class(label, 2, KEY)
