"""Everything that changes while training, under one name."""

__all__ = ["Average", "TrainState"]

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from qgan._typing import Json
from qgan.errors import CheckpointError


@final
@dataclass(frozen=True)
class Average:
    r"""The exponential moving average of a network's weights, held by a second network made as the first one was:

    .. math:: \bar\theta_t = \beta \bar\theta_{t-1} + (1 - \beta) \theta_t, \qquad \bar\theta_0 = \theta_0

    Buffers are copied.

    Attributes:
        of: The network that learns.
        held: The one that holds the average.
        decay: :math:`\beta`.

    References:
        Yazici Y. et al., The Unusual Effectiveness of Averaging in GAN Training (2019), arXiv:1806.04498.
    """

    of: nn.Module
    held: nn.Module
    decay: float

    def __post_init__(self) -> None:
        self.held.load_state_dict(self.of.state_dict())

    @cached_property
    def _parameters(self) -> tuple[list[Tensor], list[Tensor]]:
        # To look for them in the networks takes longer than to average them.
        return [*self.held.parameters()], [*self.of.parameters()]

    @torch.no_grad()
    def update(self) -> None:
        """Takes the weights of a further step in."""
        get_ema_multi_avg_fn(self.decay)(*self._parameters, None)
        # These are looked up: a network may put another tensor in a buffer's place.
        for held, new in zip(self.held.buffers(), self.of.buffers(), strict=True):
            held.copy_(new)


@final
@dataclass
class TrainState:
    """The weights, the optimisers and the number of the last whole step; random streams need no more than that number.

    Attributes:
        seed: Of all random streams.
        modules: Networks by their player's name.
        optimizers: Likewise.
        average: Of the generator, where one is kept.
        step: Whole steps done.
    """

    seed: int
    modules: Mapping[str, nn.Module]
    optimizers: Mapping[str, torch.optim.Optimizer]
    average: Average | None = None
    step: int = field(default=0)

    def state_dict(self) -> tuple[dict[str, Tensor], Json]:
        """Copies of all tensors by flat names, and everything else as JSON values."""
        tensors = {
            f"{name}/{key}": value
            for name, module in self._networks.items()
            for key, value in module.state_dict().items()
        }
        scalars: Json = {"step": self.step, "seed": self.seed, "optimizers": {}}
        for name, optimizer in self.optimizers.items():
            state = optimizer.state_dict()
            others: Json = {}
            for index, slots in state["state"].items():
                for key, value in slots.items():
                    if isinstance(value, Tensor):
                        tensors[f"optimizer.{name}/{index}/{key}"] = value
                    else:
                        others.setdefault(str(index), {})[key] = value
            groups = [{k: v for k, v in group.items() if k != "params"} for group in state["param_groups"]]
            scalars["optimizers"][name] = {"groups": groups, "others": others}
        # A clone for each: safetensors refuses tensors that share memory, as tied weights do.
        return {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}, scalars

    def load_state_dict(self, tensors: Mapping[str, Tensor], scalars: Json) -> None:
        """Puts back what :meth:`state_dict` gave.

        Raises:
            CheckpointError: If names, shapes or kinds do not fit these networks and optimisers.
        """
        try:
            for name, module in self._networks.items():
                module.load_state_dict(_below(f"{name}/", tensors))
            for name, optimizer in self.optimizers.items():
                state = self._optimizer_state(name, tensors, scalars["optimizers"][name])
                optimizer.load_state_dict(state)
                _put_back_exactly(optimizer, state["state"])
            self.step = int(scalars["step"])
        except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                "The checkpoint does not fit these networks and optimisers",
                got=f"{type(error).__name__}: {str(error).splitlines()[0]}",
                cure="Resume with the configuration, objects and plugins that the run was made with",
            ) from error

    @property
    def _networks(self) -> dict[str, nn.Module]:
        return {**self.modules, **({} if self.average is None else {"average": self.average.held})}

    def _optimizer_state(self, name: str, tensors: Mapping[str, Tensor], saved: Json) -> Json:
        fresh = self.optimizers[name].state_dict()
        for new, old in zip(fresh["param_groups"], saved["groups"], strict=True):
            if {*new} - {"params"} != {*old}:
                raise ValueError(f"the optimiser of the {name} was another one, with {', '.join(sorted(old))}")
        groups = [
            {k: tuple(v) if isinstance(v, list) and k != "params" else v for k, v in {**new, **old}.items()}
            for new, old in zip(fresh["param_groups"], saved["groups"], strict=True)
        ]
        state: dict[int, Json] = {int(index): dict(slots) for index, slots in saved["others"].items()}
        for path, value in _below(f"optimizer.{name}/", tensors).items():
            index, key = path.split("/")
            state.setdefault(int(index), {})[key] = value
        return {"state": state, "param_groups": groups}


def _put_back_exactly(optimizer: torch.optim.Optimizer, saved: Mapping[int, Json]) -> None:
    """Checks shapes, which torch does not, and undoes its rounding of scalars to a parameter's precision."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, slots in saved.items():
        parameter = parameters[index]
        for key, value in slots.items():
            if not isinstance(value, Tensor):
                continue
            # Some optimisers keep rows and columns, and others single numbers.
            like = value.ndim == parameter.ndim and all(
                size in {1, whole} for size, whole in zip(value.shape, parameter.shape, strict=True)
            )
            if value.ndim and not like:
                raise ValueError(f"'{key}' has shape {tuple(value.shape)} for a parameter {tuple(parameter.shape)}")
            kept = optimizer.state[parameter][key]
            optimizer.state[parameter][key] = value.clone().to(kept.device)


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
