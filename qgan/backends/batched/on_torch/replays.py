"""A form recorded once for each shape of a batch, and replayed: on a GPU its passes take less time than their launches.

See Gray, "Getting started with CUDA graphs" (NVIDIA, 2019), and ``torch.cuda.graph``.
"""

__all__ = ["CudaGraphs", "Recording", "Replays"]

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qgan.backends.batched.on_torch.form import Form
from qgan.readout import Counts

# Amplitudes of a batch: with more, launching is no longer what takes the time, and recordings keep their memory.
MOST = 1 << 22
KEPT = 8
WARM_UP = 3


class Recording(ABC):
    """The way there and back for one shape, on tensors of its own that every replay writes over.

    Attributes:
        latent: What it is given.
        weights: Likewise.
        found: What comes out of it.
        cotangent: What it is given for the way back.
        slopes: By latents and weights; None for those whose slopes nobody wants.
        replay: Which way there was replayed last, None once it has been gone back.
    """

    latent: Tensor
    weights: Tensor
    found: Tensor
    cotangent: Tensor
    slopes: tuple[Tensor | None, Tensor | None]
    replay: object | None = None

    @abstractmethod
    def forward(self) -> None:
        """There, once."""

    @abstractmethod
    def back(self) -> None:
        """Back, once for each way there."""

    def begin(self, latent: Tensor, weights: Tensor) -> object:
        """There, from those inputs; which replay it is."""
        self.latent.detach().copy_(latent)
        self.weights.detach().copy_(weights)
        self.forward()
        self.replay = object()
        return self.replay


@final
class CudaGraphs(Recording):
    """By CUDA graphs, one for each way.

    Args:
        form: On a GPU.
        latent: Of the shape to be recorded, and with a gradient where its slopes are wanted.
        weights: Likewise.
    """

    def __init__(self, form: Form, latent: Tensor, weights: Tensor) -> None:
        self.latent, self.weights = latent.detach().clone(), weights.detach().clone()
        wanted = [latent.requires_grad, weights.requires_grad]

        def leaves() -> tuple[tuple[Tensor, Tensor], list[Tensor]]:
            """On the same memory, new ones: torch remembers of a leaf on which stream it was used first."""
            new = self.latent.detach(), self.weights.detach()
            return new, [each.requires_grad_() for each, slopes in zip(new, wanted, strict=True) if slopes]

        self._there, self._back = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        with torch.cuda.device(form.device), torch.set_grad_enabled(any(wanted)):
            beside = torch.cuda.Stream()
            beside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(beside):
                for _ in range(WARM_UP):
                    given, of = leaves()
                    found = form(*given, Counts())
                    self.cotangent = torch.zeros_like(found)
                    if of:
                        torch.autograd.grad(found, of, self.cotangent)
            torch.cuda.current_stream().wait_stream(beside)
            given, of = leaves()
            # Another thread may do what a recording must not.
            with torch.cuda.graph(self._there, capture_error_mode="thread_local"):
                self.found = form(*given, Counts())
            made: list[Tensor] = []
            if of:
                again = {"pool": self._there.pool(), "capture_error_mode": "thread_local"}
                with torch.cuda.graph(self._back, **again):  # pyright: ignore[reportArgumentType]
                    made += torch.autograd.grad(self.found, of, self.cotangent)
        by_latent = made.pop(0) if wanted[0] else None
        self.slopes = by_latent, made.pop() if made else None

    def forward(self) -> None:
        self._there.replay()

    def back(self) -> None:
        self._back.replay()


@final
class Replays:
    """A form that records itself.

    A shape that comes once is run as it is; recording it takes as long as some ten runs. The numbers are the same.

    Args:
        form: On any device.
        record: Makes the recordings.
    """

    def __init__(self, form: Form, record: Callable[[Form, Tensor, Tensor], Recording] = CudaGraphs) -> None:
        self._form, self._record = form, record
        self._known: OrderedDict[tuple[object, ...], Recording | None] = OrderedDict()

    def __call__(self, latent: Tensor, weights: Tensor, counts: Counts) -> Tensor:
        """See :meth:`Form.__call__`."""
        if len(latent) * self._form.amplitudes > MOST:
            return self._form(latent, weights, counts)
        wanted = [torch.is_grad_enabled() and each.requires_grad for each in (latent, weights)]
        key = latent.shape, weights.shape, *wanted
        if key not in self._known:
            self._known[key] = None
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
            return self._form(latent, weights, counts)
        self._known.move_to_end(key)
        recording = self._known[key]
        if recording is None:
            given = [
                each.detach().requires_grad_(slopes) for each, slopes in zip((latent, weights), wanted, strict=True)
            ]
            recording = self._known[key] = self._record(self._form, *given)
        return _Replayed.apply(recording, counts, latent, weights)  # type: ignore[no-any-return]


@final
class _Replayed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, recording: Recording, counts: Counts, latent: Tensor, weights: Tensor) -> Tensor:
        ctx.of = recording, counts, recording.begin(latent, weights)
        ctx.save_for_backward(latent, weights)
        counts.executions += len(latent)
        return recording.found.detach().clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """By replaying, and there once more where another batch has been since."""
        recording, counts, replay = ctx.of
        latent, weights = ctx.saved_tensors
        if recording.replay is not replay:
            # Another batch has been there since: what the way back needs has been written over.
            recording.begin(latent, weights)
            counts.executions += len(latent)
        counts.executions += len(latent)
        recording.cotangent.copy_(cotangents[0])
        recording.back()
        recording.replay = None
        return None, None, *(None if slopes is None else slopes.clone() for slopes in recording.slopes)
