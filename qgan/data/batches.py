"""Batches of real data that need no state: the number of a batch says what is in it."""

__all__ = ["Batches"]

from functools import lru_cache
from typing import final

import torch
from torch import Tensor

from qgan.errors import ConfigError, DataError
from qgan.samples import Part, Samples
from qgan.seeding import Key, stream


@final
class Batches:
    """Consecutive pieces of an endless row of permutations of the data, one for each epoch.

    Every epoch shows each row once, every batch is full, and a batch may be larger than the data.

    Args:
        part: What to draw from; it is put on the device once, or batch by batch where it is large.
        size: Rows in a batch.
        seed: Of the run.
        device: Where the batches lie.
        dtype: Of the values.

    Raises:
        ConfigError: If the size is below 1.
        DataError: If the part is empty.
    """

    def __init__(
        self, part: Part, *, size: int, seed: int, device: torch.device | str, dtype: torch.dtype = torch.float32
    ) -> None:
        if size < 1:
            raise ConfigError(
                "The batch size is too small", got=size, allowed="1 or more", cure="Set a batch size of 1 or more"
            )
        if not len(part):
            raise DataError(
                "There is no data to draw batches from", got="0 rows", allowed="1 row or more", cure="Give more data"
            )
        self.size = size
        self._rows, self._dtype, self._device = len(part), dtype, torch.device(device)
        self._part = part if part.large else None
        self._values, self._labels = (None, None) if part.large else self._tensors(part)

        def order(epoch: int) -> Tensor:
            rows = torch.from_numpy(stream(Key(seed, "data", epoch)).permutation(len(part)))
            return rows if part.large else rows.to(device)

        self._order = lru_cache(maxsize=2)(order)

    def at(self, index: int) -> Samples:
        """Batch number ``index``, counted from 0: values of shape (size, *sample_shape), of equal weight.

        Raises:
            ValueError: If the index is negative.
        """
        if index < 0:
            raise ValueError(f"batch numbers count from 0, got {index}")
        first, end = index * self.size, (index + 1) * self.size
        epochs = range(first // self._rows, (end - 1) // self._rows + 1)
        offset = epochs[0] * self._rows
        orders = [self._order(epoch) for epoch in epochs]
        chosen = (orders[0] if len(orders) == 1 else torch.cat(orders))[first - offset : end - offset]
        if self._values is None:
            assert self._part is not None
            return Samples.uniform(*self._tensors(self._part.subset(chosen.numpy())))
        labels = None if self._labels is None else self._labels.index_select(0, chosen)
        return Samples.uniform(self._values.index_select(0, chosen), labels)

    def _tensors(self, part: Part) -> tuple[Tensor, Tensor | None]:
        values = torch.as_tensor(part.values, dtype=self._dtype, device=self._device)
        labels = None if part.labels is None else torch.as_tensor(part.labels, dtype=torch.long, device=self._device)
        return values, labels
