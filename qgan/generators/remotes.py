"""Generators whose circuits are sent away: all of them together, and nothing of it where it is only tried out."""

__all__ = ["expect", "gathered", "remotes", "simulated"]

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from qgan.samples import Draw


def remotes(*modules: Any) -> list[Any]:
    """Who sends circuits away for these modules or parts of them, each of them once."""
    parts = [part for module in modules if hasattr(module, "modules") for part in module.modules()]
    executors = [executor for part in parts if (executor := getattr(part, "executor", None)) is not None]
    return list({id(each.remote): each.remote for each in executors if each.remote is not None}.values())


@contextmanager
def simulated(*modules: Any) -> Iterator[None]:
    """Their circuits are run here, exactly and without noise; those of other backends are run as ever."""
    with ExitStack() as stack:
        for each in remotes(*modules):
            stack.enter_context(each.simulated())
        yield


def gathered(module: Any, work: Callable[[], Any]) -> list[tuple[Any, list[Any]]]:
    """What a piece of work would send, by whom; nothing is sent."""
    with ExitStack() as stack:
        asked = [(each, stack.enter_context(each.gathering())) for each in remotes(module)]
        if asked:
            work()
    return [(each, list(orders)) for each, orders in asked]


def expect(module: Any, draws: Sequence[Draw]) -> None:
    """Runs the circuits of several draws in one job, without gradients, before they are asked for one by one."""

    def show() -> None:
        with torch.no_grad():
            for draw in draws:
                module(draw)

    for remote, orders in gathered(module, show):
        remote.expect(orders)
