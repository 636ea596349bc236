"""From short codes back to samples: decoders fitted to the training data, and never trained after that."""

__all__ = ["Decoder", "autoencoder", "principal_components"]

from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from qgan._typing import Array
from qgan.errors import ConfigError
from qgan.networks import dense, initialise
from qgan.samples import DataSet
from qgan.seeding import Key, stream

# Of a component's spread beside that of the first: below it, whitening would divide by rounding.
SMALLEST_SHARE = 1e-5


@final
class Decoder(nn.Module):
    """Codes of shape (n, codes) to samples of shape (n, *shape) in the data's range; its weights are frozen.

    Args:
        network: Codes to numbers of shape (n, features), float32.
        data: Its shape and its range.
        logistic: Whether those numbers are taken through a logistic function to the range, and not clipped to it.
    """

    def __init__(self, network: nn.Module, data: DataSet, *, logistic: bool) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self._shape, self._low, self._high, self._logistic = data.sample_shape, data.low, data.high, logistic

    def forward(self, codes: Tensor) -> Tensor:
        """Shape (n, *shape), float32."""
        decoded = self.network(codes.to(torch.float32))
        if self._logistic:
            decoded = self._low + (self._high - self._low) * torch.sigmoid(decoded)
        return decoded.clamp(self._low, self._high).reshape(-1, *self._shape)


def principal_components(data: DataSet, codes: int) -> tuple[Decoder, dict[str, Array]]:
    """The first principal components of the training part, each in units of its spread there.

    Args:
        data: What to fit to.
        codes: How many components.

    Returns:
        The decoder, and the codes of ``"train"``, ``"validation"`` and ``"test"``, each of shape (n, codes).

    Raises:
        ConfigError: If the training part varies in fewer directions.
    """
    from sklearn.decomposition import PCA

    train = data.train.flat()
    _require_codes(codes, min(len(train), data.features) if np.ptp(train, axis=0).any() else 0, data)
    fitted = PCA(codes, svd_solver="full").fit(train)
    spread = np.sqrt(fitted.explained_variance_)
    _require_codes(codes, int((spread > SMALLEST_SHARE * spread[0]).sum()), data)
    layer = _blank(codes, data.features)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy((fitted.components_ * spread[:, None]).T))
        layer.bias.copy_(torch.from_numpy(fitted.mean_))
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    encoded = {name: fitted.transform(part.flat()) / spread for name, part in parts.items()}
    return Decoder(layer, data, logistic=False), encoded


def autoencoder(
    data: DataSet, codes: int, *, hidden: int, steps: int, batch_size: int, key: Key
) -> tuple[Decoder, dict[str, Array]]:
    """A dense autoencoder, trained to reproduce the training part by Adam on mean squared errors.

    Its codes are taken to mean 0, spread 1 and no correlation on the training part, which the decoder's first layer
    undoes.

    Args:
        data: What to fit to.
        codes: Numbers in a code.
        hidden: Width of the hidden layer on either side.
        steps: Updates.
        batch_size: Rows in each.
        key: Names the streams of its initial weights and batches.

    Returns:
        As :func:`principal_components`.

    Raises:
        ConfigError: If the training part does not vary at all.
    """
    _require_codes(codes, codes if np.ptp(data.train.flat(), axis=0).any() else 0, data)
    encoder, decoder = dense([data.features, hidden, codes], "gelu"), dense([codes, hidden, data.features], "gelu")
    initialise(encoder, key._replace(purpose=f"{key.purpose}/encoder"))
    initialise(decoder, key._replace(purpose=f"{key.purpose}/decoder"))
    parts = {
        name: torch.from_numpy((part.flat() - data.low) / (data.high - data.low)).float()
        for name, part in {"train": data.train, "validation": data.validation, "test": data.test}.items()
    }
    train, rng = parts["train"], stream(key._replace(purpose=f"{key.purpose}/batches"))
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)
    for _ in range(steps):
        rows = train[torch.from_numpy(rng.integers(len(train), size=min(batch_size, len(train))))]
        loss = (torch.sigmoid(decoder(encoder(rows))) - rows).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        encoded = {name: encoder(values) for name, values in parts.items()}
        mean = encoded["train"].mean(0)
        variances, axes = torch.linalg.eigh(torch.cov(encoded["train"].T.double(), correction=0).reshape(codes, codes))
        spread = variances.clamp_min(SMALLEST_SHARE**2 * variances[-1]).sqrt()
        first = decoder[0]
        assert isinstance(first, nn.Linear)
        first.bias += first.weight @ mean
        first.weight.copy_(first.weight.double() @ axes * spread)
        whitened = {name: ((values - mean).double() @ axes / spread).numpy() for name, values in encoded.items()}
    return Decoder(decoder, data, logistic=True), whitened


def _blank(inputs: int, outputs: int) -> nn.Linear:
    layer = dense([inputs, outputs], "relu")[0]
    assert isinstance(layer, nn.Linear)
    return layer


def _require_codes(codes: int, most: int, data: DataSet) -> None:
    if codes > most:
        raise ConfigError(
            f"The training data of '{data.name}' does not vary in as many directions as a code has numbers",
            got=f"generator.codes = {codes}",
            allowed=f"{most} or fewer" if most else "data that varies",
            cure=f"Set generator.codes={most}" if most else "Use other data",
        )
