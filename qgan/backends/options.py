"""What a backend can be asked for."""

__all__ = ["BackendOptions", "Method", "Precision"]

from typing import Literal, TypeAlias, final

from pydantic import Field, model_validator

from qgan._registry import Options
from qgan.backends.perturbation import Perturbation

Method: TypeAlias = Literal["auto", "backprop", "adjoint", "parameter-shift", "spsa"]
Precision: TypeAlias = Literal["complex64", "complex128"]


@final
class BackendOptions(Options):
    """What a backend can be asked for.

    Attributes:
        shots: For each circuit; None is exact.
        gradient: How gradients are found; ``"auto"`` takes the fastest that is right. ``"spsa"``, which is for shots
            alone, takes two circuits for each row and direction where parameter-shift takes two or four for each angle:
            it is cheaper and rougher, and for few angles parameter-shift with fewer shots is the better bargain.
        c_dtype: Of the amplitudes, where the backend leaves a choice: batched.qubit does, and takes ``"complex64"`` if
            nothing else is asked for. A run records the one that was used; another backend drops it.
        mode: How IBM Quantum runs jobs: each for itself, as a ``"batch"``, or in a ``"session"``, which also bills the
            time between them. None for each for itself.
        device: Where batched.qubit runs exact circuits: ``"cpu"``, in its kernels, or ``"cuda"``, in torch's own
            operations. None for a GPU if ``run.device`` is ``"cuda"``, and the CPU if it is anything else.
        spsa_step: How far SPSA turns every angle, radians; 0.1 to 0.3 is sensible, and 0.2 is taken if nothing is said.
            Noise grows as it shrinks, and what is left of the slopes shrinks as it grows: see :class:`Perturbation`.
        spsa_directions: How many random directions SPSA averages; 4 if nothing is said. A run records both where SPSA
            is used, and only there.
    """

    shots: int | None = Field(None, ge=1, le=10_000_000)
    gradient: Method = "auto"
    c_dtype: Precision | None = None
    mode: Literal["job", "batch", "session"] | None = None
    device: Literal["cpu", "cuda"] | None = None
    spsa_step: float | None = Field(default=None, gt=0, le=1)
    spsa_directions: int | None = Field(default=None, ge=1, le=10_000)

    @model_validator(mode="after")
    def _perturbing_on_purpose(self) -> "BackendOptions":
        given = [name for name in ("spsa_step", "spsa_directions") if getattr(self, name) is not None]
        if given and self.gradient != "spsa":
            raise ValueError(f"{given[0]} is for gradient = 'spsa', and here it is '{self.gradient}': leave it out")
        return self

    @property
    def spsa(self) -> Perturbation:
        """What SPSA is told if it is used."""
        asked = {"step": self.spsa_step, "directions": self.spsa_directions}
        return Perturbation(**{name: value for name, value in asked.items() if value is not None})

    def resolved(self) -> "BackendOptions":
        """With what SPSA is told, if it is used."""
        if self.gradient != "spsa":
            return self
        return self.model_copy(update={f"spsa_{name}": value for name, value in self.spsa._asdict().items()})
