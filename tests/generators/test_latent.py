from collections.abc import Callable

import numpy as np
import pytest
import torch

from qgan.data.arrays import from_array
from qgan.errors import ConfigError
from qgan.generators import LatentGenerator
from qgan.generators.decoders import autoencoder, principal_components
from qgan.samples import DataSet
from qgan.seeding import Key

Make = Callable[..., LatentGenerator]
KEY = Key(5, "latent", 2)


@pytest.fixture
def plane() -> DataSet:
    """Images of six pixels that vary in two directions, in [0, 1]."""
    rng = np.random.default_rng(4)
    values = rng.uniform(-1, 1, (80, 2)) @ rng.normal(size=(2, 6))
    values = (values - values.min()) / (values.max() - values.min())
    return from_array(values.reshape(80, 2, 3), seed=0)


def test_principal_components_give_back_what_lies_in_their_plane(plane: DataSet) -> None:
    decoder, codes = principal_components(plane, 2)
    for name in ("train", "validation", "test"):
        given = getattr(plane, name).values
        decoded = decoder(torch.from_numpy(codes[name])).numpy()
        # Single precision; beyond the range of the training part it is clipped.
        np.testing.assert_allclose(decoded, np.clip(given, plane.low, plane.high), atol=1e-5)
    np.testing.assert_allclose(codes["train"].mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(codes["train"].std(0, ddof=1), 1, atol=1e-9)


def test_an_autoencoder_learns_and_is_a_function_of_its_key(plane: DataSet) -> None:
    def made(seed: int, steps: int) -> tuple[torch.nn.Module, np.ndarray]:
        decoder, codes = autoencoder(
            plane, 2, hidden=16, steps=steps, batch_size=16, key=Key(seed, "generator weights/decoder")
        )
        return decoder, codes["train"]

    def error(decoder: torch.nn.Module, codes: np.ndarray) -> float:
        return float(np.square(decoder(torch.from_numpy(codes)).numpy() - plane.train.values).mean())

    decoder, codes = made(0, 200)
    again, same = made(0, 200)
    assert np.array_equal(codes, same)
    assert all(torch.equal(a, b) for a, b in zip(decoder.parameters(), again.parameters(), strict=True))
    assert not np.array_equal(codes, made(1, 200)[1])
    spread = float(np.square(plane.train.values - plane.train.values.mean(0)).mean())
    assert error(decoder, codes) < 0.1 * spread < error(*made(0, 1))
    # Codes come in single precision.
    np.testing.assert_allclose(codes.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(codes.T, ddof=0), np.eye(2), atol=1e-4)


@pytest.mark.parametrize("decoder", ["pca", "autoencoder"])
def test_the_inner_generator_imitates_codes(make: Make, decoder: str) -> None:
    module = make("latent", shape=(4, 2), decoder=decoder, codes=3)
    draw = module.draw(5, KEY)
    codes = module.inner(draw).values
    assert codes.shape == (5, 3)
    assert torch.equal(module.decoder(codes), module(draw).values)
    low, high = (module.inner.get_buffer(name).item() for name in ("low", "high"))
    assert low < 0 < high
    assert module.circuit.n_wires == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("decoder", ["pca", "autoencoder"])
def test_the_decoder_is_frozen_and_saved(make: Make, decoder: str) -> None:
    module = make("latent", decoder=decoder)
    frozen = [name for name, parameter in module.named_parameters() if not parameter.requires_grad]
    assert frozen == [name for name, _ in module.named_parameters() if name.startswith("decoder.")]
    assert {*frozen} <= {*module.state_dict()}
    again = make("latent", decoder=decoder)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in module.state_dict().items())


def test_any_generator_makes_codes(make: Make) -> None:
    module = make("latent/classical")
    assert (module.quantum, module.circuit, module.counts.executions) == (False, None, 0)
    patch = make("latent", inner={"name": "patch", "n_wires": 3, "layers": 2})
    patch.sample(3, KEY)
    assert patch.quantum
    assert 0 < patch.diagnostics["postselection"] <= 1


@pytest.mark.parametrize("decoder", ["pca", "autoencoder"])
def test_longer_codes_than_the_data_has_directions_are_refused(make: Make, plane: DataSet, decoder: str) -> None:
    if decoder == "pca":
        for codes, most in ((3, 2), (7, 6)):
            with pytest.raises(ConfigError, match=rf"Got: generator\.codes = {codes}.*Set generator\.codes={most}"):
                principal_components(plane, codes)
    with pytest.raises(ConfigError, match="data that varies"):
        make("latent", shape=(2,), values=np.ones((20, 2)), decoder=decoder, codes=1)


def test_codes_have_no_grid(make: Make) -> None:
    with pytest.raises(ConfigError, match="puts probabilities on a grid"):
        make("latent", inner={"name": "born"})
