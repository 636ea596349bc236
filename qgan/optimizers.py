"""torch's optimisers by name, with their own arguments."""

__all__ = ["arguments_of", "make_optimizer"]

import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from qgan.errors import ConfigError, did_you_mean

# These call their objective several times in a step, or need gradients that are not dense: the loop gives neither.
_UNFIT = {"Optimizer", "LBFGS", "SparseAdam", "Muon"}
# For CUDA graphs, and for differentiating through an update: the loop does neither.
_UNFIT_ARGUMENTS = {"capturable", "differentiable"}
# One pass over all parameters, on a CPU as well. Others save little, or fail where one has its first gradient later
# than another.
_FUSED = {"adam", "adamw"}


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
        options: Its keyword arguments; lists are made tuples. Adam is fused on a CPU where they do not say otherwise.
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
    arguments = {
        argument: parameter.default
        for argument, parameter in inspect.signature(make).parameters.items()
        if argument != "params"
    }
    for option, value in options.items():
        if option not in arguments:
            raise ConfigError(
                f"There is no setting '{path}.{option}'",
                allowed=", ".join(arguments),
                cure=f"{did_you_mean(option, arguments)}Correct or remove it",
            )
        kind, fits = ("false", _is_false) if option in _UNFIT_ARGUMENTS else _kind(arguments[option])
        if not fits(value):
            wrong = f"The setting '{path}.{option}' cannot be used"
            raise ConfigError(wrong, got=repr(value), allowed=kind, cure="Correct or remove it")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    moved = list(parameters)
    if name.lower() in _FUSED and {"fused", "foreach"}.isdisjoint(values) and all(map(_fusible, moved)):
        values["fused"] = True
    try:
        return make(moved, **values)  # type: ignore[call-arg]
    except (ValueError, TypeError, RuntimeError) as error:
        raise ConfigError(f"torch refuses the arguments of '{path}'", got=f"{options}: {error}") from None


def _fusible(parameter: nn.Parameter) -> bool:
    # The kernel goes through memory from the first number on, and does not look for gaps.
    return parameter.is_cpu and parameter.is_floating_point() and parameter.is_contiguous()


def _kind(default: object) -> tuple[str, Callable[[Any], bool]]:
    """What an argument must be, told by its default: torch itself takes NaN, and pairs that are no pairs."""
    if isinstance(default, bool) or default is None:
        return "true or false", lambda value: isinstance(value, bool)
    if isinstance(default, tuple):
        n = len(default)
        return (
            f"a list of {n} numbers",
            lambda value: isinstance(value, (list, tuple)) and len(value) == n and all(map(_is_finite, value)),
        )
    return "a finite number", _is_finite


def _is_false(value: object) -> bool:
    return value is False


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def arguments_of(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """All its arguments that a configuration can hold, torch's defaults among them; tuples are made lists."""
    known = {*inspect.signature(type(optimizer)).parameters} - _UNFIT_ARGUMENTS
    values = {name: value for name, value in optimizer.defaults.items() if name in known and _is_plain(value)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _is_plain(value: object) -> bool:
    # TOML has no word for the None that torch puts into some pairs.
    return isinstance(value, (bool, int, float)) or (isinstance(value, tuple) and all(map(_is_finite, value)))
