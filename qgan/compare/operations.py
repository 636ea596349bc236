"""Floating-point operations of a training step, counted and not timed."""

__all__ = ["counted", "sweep", "whole_pass"]

from collections.abc import Callable
from typing import Any, final

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from qgan._typing import Json
from qgan.compare.parts import PARTS, parts_of
from qgan.experiment import Experiment

# Real operations for each amplitude: a product of complex numbers takes 6, a sum 2. A gate on one wire is a matrix of
# 2 x 2, one on two wires of 4 x 4; an inner product takes a product and a sum.
ONE_WIRE, TWO_WIRES, INNER_PRODUCT = 2 * 6 + 2, 4 * 6 + 3 * 2, 6 + 2
CIRCUITS = ("generator forward", "generator backward")


def whole_pass(circuit: Json) -> float:
    r"""Operations of one run of a circuit as a state vector.

    .. math:: F = 2^n (14\, g_1 + 30\, g_2)

    for n wires, :math:`g_2` gates on two wires and :math:`g_1` others: every gate is a dense complex matrix on every
    pair or quadruple of amplitudes. Kernels that merge gates, or know that they are real or diagonal, do fewer.

    Args:
        circuit: What :func:`qgan.experiment.facts_of` says of it.
    """
    gates, pairs = sum(circuit["gates"].values()), circuit["two_wire_gates"]
    return 2.0 ** circuit["wires"] * (ONE_WIRE * (gates - pairs) + TWO_WIRES * pairs)


def sweep(circuit: Json) -> float:
    r"""Operations of one adjoint sweep, after the pass (Jones and Gacon, arXiv:2009.02823).

    .. math:: A = 2F + 2^n \cdot 22\, w

    State and cotangent both go back through all gates, and each of w weights takes one more gate and an inner product.
    """
    return 2 * whole_pass(circuit) + 2.0 ** circuit["wires"] * (ONE_WIRE + INNER_PRODUCT) * circuit["weights"]


def counted(experiment: Experiment, step: Callable[[], object]) -> dict[str, float]:
    """Operations of one step, by the parts of :func:`qgan.compare.parts.parts_of`; takes two steps.

    Products of matrices and convolutions are counted by torch's formulas, forwards and backwards; what it does
    element by element is not. Circuits are counted by rule: each one that runs forwards is a :func:`whole_pass`;
    backwards each adjoint sweep is a :func:`sweep`, each shifted circuit a whole pass, and backpropagation through
    torch twice a whole pass of each row. Where circuits are torch's own operations, on a GPU or by backpropagation, the
    rule is all that is counted of the generator, lest they count twice.

    Of a dephased twin, whose circuits nobody counts, the generator's parts are left out.
    """
    config, game, counts = experiment.config, experiment.game, experiment.game.generator.counts
    with _Flops() as flops:
        parts = parts_of(step, game, meter=lambda: flops.total)
    runs = parts_of(step, game, meter=lambda: counts.executions)
    if config.twin.name == "dephased":
        return {part: parts[part] for part in PARTS if part not in CIRCUITS}
    circuit, method = experiment.facts["circuit"], experiment.facts["gradient"]["method"]
    if circuit is None or not experiment.generator.quantum:
        return parts
    forwards, backwards = (runs[part] for part in CIRCUITS)
    by_rule = {"generator forward": forwards * whole_pass(circuit)}
    if method == "backprop":
        # Of all passes, one in each step is differentiated.
        shown = config.train.discriminator_updates
        by_rule["generator backward"] = 2 * by_rule["generator forward"] / (shown + 1)
    else:
        by_rule["generator backward"] = backwards * (sweep if method == "adjoint" else whole_pass)(circuit)
    in_torch = method == "backprop" or config.backend.options.get("device") == "cuda"
    return {part: by_rule.get(part, 0.0) + (0.0 if in_torch and part in CIRCUITS else parts[part]) for part in PARTS}


@final
class _Flops(TorchDispatchMode):
    """What ``torch.utils.flop_counter.FlopCounterMode`` counts, without its book of modules.

    That book refuses ``torch.autograd.grad`` with respect to parameters, by which the loop differentiates.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.total += formula(*args, **(kwargs or {}), out_val=found)
        return found
