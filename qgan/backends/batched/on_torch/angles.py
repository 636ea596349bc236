"""Angles of many rows at once: sums of products of latents and weights, as a few products of matrices."""

__all__ = ["Sums"]

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from qgan.backends.batched.plan import Sum


class Factor(NamedTuple):
    """Of each product one factor, or 1 where it has none left.

    Inputs are picked by zeros and ones: where torch's own indexing is differentiated, a GPU adds up in any order.

    Attributes:
        picked: Shape (inputs, products).
        ones: Shape (products,).
    """

    picked: Tensor
    ones: Tensor


@final
class Sums:
    """Some sums for every row, or for every set of weights where no latent is in any of them.

    Args:
        sums: In the order in which they come out.
        latents: How many a row has.
        weights: How many a set has.
        device: Where they are worked out, in double precision.

    Attributes:
        shared: Whether no latent is in any of them.
    """

    def __init__(self, sums: Sequence[Sum], *, latents: int, weights: int, device: torch.device) -> None:
        self.shared = all(each.shared for each in sums)
        products = [product for each in sums for product in each.products]
        owners = np.repeat(np.arange(len(sums)), [len(each.products) for each in sums])
        shares = np.zeros((len(products), len(sums)))
        shares[np.arange(len(products)), owners] = [product.coefficient for product in products]
        self._shares = torch.from_numpy(shares).to(device)
        self._constant = torch.tensor([each.constant for each in sums], dtype=torch.float64, device=device)
        places = [[factor for factor in product.factors if factor >= 0] for product in products]
        self._latents = _factors(places, latents, device)
        places = [[-1 - factor for factor in product.factors if factor < 0] for product in products]
        self._weights = _factors(places, weights, device)

    def __call__(self, latent: Tensor, weights: Tensor) -> Tensor:
        """Shape (rows or sets, sums).

        Args:
            latent: Shape (rows, latents), float64.
            weights: Shape (sets, weights), float64; the rows are equal runs for the sets.
        """
        products = _product(self._latents, latent)
        of_sets = _product(self._weights, weights)
        if products is None:
            products = of_sets
        elif of_sets is not None:
            runs = products.view(len(weights), -1, products.shape[1])
            products = (runs * of_sets[:, None]).view(products.shape)
        if products is None:
            return self._constant.expand(len(weights) if self.shared else len(latent), -1)
        return torch.addmm(self._constant, products, self._shares)


def _factors(places: Sequence[Sequence[int]], inputs: int, device: torch.device) -> list[Factor]:
    found = []
    for index in range(max(map(len, places), default=0)):
        picked, ones = np.zeros((inputs, len(places))), np.ones(len(places))
        for product, factors in enumerate(places):
            if index < len(factors):
                picked[factors[index], product], ones[product] = 1, 0
        found.append(Factor(torch.from_numpy(picked).to(device), torch.from_numpy(ones).to(device)))
    return found


def _product(factors: Sequence[Factor], inputs: Tensor) -> Tensor | None:
    """Shape (len(inputs), products); None where there are none."""
    product = None
    for factor in factors:
        value = torch.addmm(factor.ones, inputs, factor.picked)
        product = value if product is None else product * value
    return product
