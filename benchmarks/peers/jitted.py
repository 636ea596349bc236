"""What the peers on JAX share: the compiled gradient of a cost that is a map over rows."""

# pyright: reportMissingImports=false

__all__ = ["jitted"]

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from protocol import Evaluate, Problem


def jitted(row: Callable[[Any, Any], Any], asked: Problem) -> Evaluate:
    """A forward and backward pass, finished when it returns.

    Args:
        row: The output of one latent and the list of weights.
        asked: Inputs and precision.
    """

    def cost(weights: Any, latents: Any, cotangent: Any) -> Any:
        output = jax.vmap(row, in_axes=(0, None))(latents, weights)
        return (output * cotangent).sum(), output

    compiled = jax.jit(jax.value_and_grad(cost, has_aux=True))
    latents, cotangent = (jnp.asarray(each, asked.r_dtype) for each in (asked.latents, asked.cotangent))
    weights = [jnp.asarray(weight, asked.r_dtype) for weight in asked.weights.values()]

    def evaluate() -> Any:
        (_, output), gradients = jax.block_until_ready(compiled(weights, latents, cotangent))
        return output, gradients

    return evaluate
