"""torch's optimisers by name, with their own arguments."""

__all__ = ["make_optimizer"]

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from qgan.errors import ConfigError, did_you_mean

# These call their objective several times in a step, or need gradients that are not dense: the loop gives neither.
_UNFIT = {"Optimizer", "LBFGS", "SparseAdam", "Muon"}


def _known() -> dict[str, type[torch.optim.Optimizer]]:
    everything = {name.lower(): value for name, value in vars(torch.optim).items() if isinstance(value, type)}
    unfit = {name.lower() for name in _UNFIT}
    return {
        name: value
        for name, value in everything.items()
        if name not in unfit and issubclass(value, torch.optim.Optimizer)
    }


def make_optimizer(
    name: str, options: dict[str, Any], parameters: Iterable[nn.Parameter], *, path: str
) -> torch.optim.Optimizer:
    """The optimiser of that name (``adam``, ``sgd``, ``adadelta``, ...) over the parameters.

    Args:
        name: A class of :mod:`torch.optim`, in any case.
        options: Its keyword arguments; lists are made tuples.
        parameters: What it updates.
        path: Where it stands in the configuration, for messages.

    Raises:
        ConfigError: For an unknown name or argument, or a value that torch refuses.
    """
    known = _known()
    if name.lower() not in known:
        raise ConfigError(
            f"There is no optimiser called '{name}' for '{path}.name'",
            allowed=", ".join(sorted(known)),
            cure=f"{did_you_mean(name.lower(), known)}Use one of these",
        )
    make = known[name.lower()]
    arguments = [argument for argument in inspect.signature(make).parameters if argument != "params"]
    for option in options:
        if option not in arguments:
            raise ConfigError(
                f"There is no setting '{path}.{option}'",
                allowed=", ".join(arguments),
                cure=f"{did_you_mean(option, arguments)}Correct or remove it",
            )
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    try:
        return make(list(parameters), **values)  # type: ignore[call-arg]
    except (ValueError, TypeError, RuntimeError) as error:
        raise ConfigError(f"torch refuses the arguments of '{path}'", got=f"{options}: {error}") from None
