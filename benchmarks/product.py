"""Figure 3: every generator with every discriminator, loss and penalty plays a few steps."""

__all__ = ["OPTIONS", "measure", "play"]

from itertools import product
from math import isfinite
from typing import Any

import torch

import qgan
from benchmarks.evidence import Figure, Workplace, say, table
from qgan._typing import Json
from qgan.discriminators import DISCRIMINATORS
from qgan.errors import QganError
from qgan.generators import GENERATORS
from qgan.losses import LOSSES
from qgan.penalties import PENALTIES

STEPS = 20
SMALL: dict[str, Any] = {
    "data.name": "bars-and-stripes",
    "data.size": 100,
    "train.steps": STEPS,
    "train.batch_size": 8,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 0,
    "evaluate.metric": "energy-distance",
    "evaluate.metrics": ["energy-distance"],
}
# Every generator makes images of 2 x 2 bits here; what an option has to be for that.
OPTIONS: dict[str, dict[str, Any]] = {
    "patch": {"generator.n_wires": 3, "generator.layers": 2},
    "mlp": {"generator.parameters": 40},
    "conv": {"generator.parameters": 90},
    "recurrent": {"generator.parameters": 60},
    **{key: {"generator.parameters": 40} for key in ("low-rank-mlp", "coordinate", "orthogonal", "categorical")},
    "latent": {"generator.inner": {"name": "expectation", "layers": 2}, "generator.codes": 2},
    "implicit": {"generator.n_wires": 2, "generator.layers": 2},
    "prior": {"generator.n_wires": 3, "generator.layers": 2, "generator.hidden": [8]},
}


def play(generator: str, discriminator: str, loss: str, penalty: str, *, steps: int) -> Json:
    """What became of one combination: refused with a reason, or played; whether all stayed finite, and what moved."""
    names = {
        "generator.name": generator,
        "discriminator.name": discriminator,
        "loss.name": loss,
        "penalty.name": penalty,
    }
    overrides = {**SMALL, **names, **OPTIONS.get(generator, {"generator.layers": 2}), "train.steps": steps}
    try:
        training = qgan.train(overrides=overrides, seed=0)
    except QganError as error:
        return {"refused": str(error)}
    before = {side: _vector(module) for side, module in training.experiment.state.modules.items()}
    records = list(training)
    after = {side: _vector(module) for side, module in training.experiment.state.modules.items()}
    numbers = [value for record in records for part in (record.losses, record.grad_norms) for value in part.values()]
    return {
        "steps": len(records),
        "finite": all(map(isfinite, numbers)) and all(bool(weights.isfinite().all()) for weights in after.values()),
        "moved": {side: bool((after[side] != before[side]).any()) for side in before},
    }


def measure(place: Workplace) -> Figure:
    """The whole product, counted."""
    steps = 1 if place.quick else STEPS
    generators = list(GENERATORS)[:2] if place.quick else list(GENERATORS)
    others = [list(kind) for kind in (DISCRIMINATORS, LOSSES, PENALTIES)]
    outcomes: Json = {}
    for generator in generators:
        say(f"product: {generator}")
        for rest in product(*others):
            outcomes["/".join((generator, *rest))] = play(generator, *rest, steps=steps)
    played = {name: outcome for name, outcome in outcomes.items() if "refused" not in outcome}
    good = [name for name, outcome in played.items() if outcome["finite"] and all(outcome["moved"].values())]
    rows = [
        (
            generator,
            sum(name.startswith(f"{generator}/") for name in outcomes),
            sum(name.startswith(f"{generator}/") for name in played),
            sum(name.startswith(f"{generator}/") for name in good),
        )
        for generator in generators
    ]
    sizes = " x ".join(
        f"{len(kind)} {what}"
        for kind, what in zip(
            (generators, *others), ("generators", "discriminators", "losses", "penalties"), strict=True
        )
    )
    body = "\n\n".join(
        [
            f"{sizes} = {len(outcomes)} combinations, {steps} steps each of batches of 8, images of 2 x 2 bits. "
            f"**{len(good)}** were played, with every loss, gradient and weight finite at the end and the weights of "
            f"both sides moved; {len(outcomes) - len(played)} were refused before anything was trained.",
            table(("generator", "combinations", "played", "finite, and both sides moved"), rows),
            *_listed("Refused", {name: outcome["refused"] for name, outcome in outcomes.items() if name not in played}),
            *_listed("Not as they should be", {name: str(played[name]) for name in played if name not in good}),
        ]
    )
    results = {"combinations": len(outcomes), "played": len(played), "good": len(good), "outcomes": outcomes}
    return Figure("Everything with everything", results, body)


def _listed(title: str, cases: dict[str, str]) -> list[str]:
    return [f"{title}:", "\n".join(f"- `{name}`: {why}" for name, why in cases.items())] if cases else []


def _vector(module: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().double().flatten() for parameter in module.parameters()])
