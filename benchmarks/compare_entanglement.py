"""Entanglers against none on the bimodal target: the comparison finds what a bound says beforehand."""

__all__ = ["measure", "product_bound"]

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize

from benchmarks.evidence import Figure, Workplace, number, say, table
from qgan._typing import Array, Json
from qgan.compare.asking import asked
from qgan.compare.campaign import carry_out
from qgan.compare.comparison import Compared
from qgan.compare.engine import LocalEngine
from qgan.compare.standings import standings
from qgan.run import Run
from qgan.runs import RunDirectory
from qgan.seeding import Key, stream

WIRES, STARTS, QUICK_STARTS = 3, 200, 10
SEEDS, QUICK_SEEDS = 10, 2
TRIALS, QUICK_TRIALS = 4, 1
# What Zoufal et al. accept at 500 samples a side; npj Quantum Information 5, 103 (2019).
ACCEPTED = 0.0859
CLAIM: Json = {"compare.metric": "ks", "compare.opponent": "unentangled"}
MODELS = ("subject", "unentangled")


def measure(place: Workplace) -> Figure:
    """The bound, the comparison, and the exact distributions of its trained generators."""
    seeds = range(QUICK_SEEDS if place.quick else SEEDS)
    declaration = asked(
        ["bimodal"],
        seeds=seeds,
        baselines=("matched",),
        controls=("unentangled",),
        trials=QUICK_TRIALS if place.quick else TRIALS,
        changes=CLAIM | ({"train.steps": 40} if place.quick else {}),
    )
    path = place.work / ("entanglement-quick" if place.quick else "entanglement")
    comparison = carry_out(path, declaration, engine=LocalEngine(workers=2), begins=lambda part: say(f"  {part.name}"))
    (compared,) = comparison.recipes
    judgement = standings(compared).judgement
    assert judgement is not None
    targets = [_target(_run(path, compared, "subject", seed)) for seed in seeds]
    starts = QUICK_STARTS if place.quick else STARTS
    exact = {
        model: [
            distance(_distribution(_run(path, compared, model, seed)), target)
            for seed, target in zip(seeds, targets, strict=True)
        ]
        for model in MODELS
    }
    results: Json = {
        "starts": starts,
        "bounds": [product_bound(target, starts=starts) for target in targets],
        "accepted": ACCEPTED,
        "exact": exact,
        "verdict": judgement.primary.sentence,
        "kind": judgement.primary.kind,
        "standing": judgement.primary.standing,
        "declaration": declaration.document(),
    }
    return Figure("Entanglers on the bimodal target", results, _body(results))


def product_bound(target: Array, *, starts: int) -> float:
    """The smallest Kolmogorov-Smirnov distance of a product of bits, or one not far above it.

    Args:
        target: Probabilities of the grid's points, shape (2**wires,).
        starts: Random places from which the simplex of Nelder and Mead is let down.
    """
    wires = int(np.log2(len(target)))
    bits = (np.arange(len(target))[:, None] >> np.arange(wires)[::-1]) & 1

    def of(angles: Array) -> float:
        ones = np.sin(angles) ** 2
        return distance(np.prod(np.where(bits, ones, 1 - ones), axis=1), target)

    drawn = stream(Key(0, "product states")).uniform(0, np.pi / 2, (starts, wires))
    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    return min(float(minimize(of, start, method="Nelder-Mead", options=options).fun) for start in drawn)


def distance(found: Array, target: Array) -> float:
    """Of Kolmogorov and Smirnov, between distributions on the same grid."""
    return float(np.abs(np.cumsum(found) - np.cumsum(target)).max())


def _run(path: Path, compared: Compared, model: str, seed: int) -> Run:
    return Run(RunDirectory.open(path / compared.places.run(model, seed)))


def _target(run: Run) -> Array:
    """Frequencies in the training part: the distribution that was learned from."""
    counts = np.bincount(run.data.train.flat().ravel().astype(int), minlength=2**WIRES)
    return counts / counts.sum()


def _distribution(run: Run) -> Array:
    """The probability of every point, at the checkpoint that the run chose."""
    generator = run.generator()
    with torch.no_grad():
        samples = generator(generator.draw(1, Key(0, "distribution")))
    order = torch.argsort(samples.values.flatten())
    return samples.weights[order].double().numpy()


def _body(results: Json) -> str:
    rows = [_row(model, found, results["bounds"]) for model, found in results["exact"].items()]
    bound, starts = number(min(results["bounds"])), results["starts"]
    parts = [
        "The recipe `bimodal`: three qubits from the uniform start, two layers of RY and CZ on a ring, trained on the "
        "whole distribution. Its comparison was declared with the Kolmogorov-Smirnov distance as the primary metric, "
        "and the circuit without entanglers as the primary opponent.",
        f"Without entanglers every state is a product, and no product comes nearer to the target than {bound} on any "
        f"seed (minimised from {starts} random starts); Zoufal et al. accept {ACCEPTED}.",
        f"The comparison says, from its runs alone: **{results['verdict']}**",
        "Exact distances of the trained generators' distributions, which the comparison does not see (it has samples):",
        table(("circuit", "smallest", "median", "largest", "at or above the bound", "accepted"), rows),
    ]
    return "\n\n".join(parts)


def _row(model: str, found: Sequence[float], bounds: Sequence[float]) -> Sequence[object]:
    # Single precision may fall short of the bound in its last digits.
    above = sum(value >= bound - 1e-6 for value, bound in zip(found, bounds, strict=True))
    return (
        "entanglers, as the recipe" if model == "subject" else "without",
        *(number(value) for value in (min(found), float(np.median(found)), max(found))),
        f"{above} of {len(found)}",
        f"{sum(value <= ACCEPTED for value in found)} of {len(found)}",
    )
