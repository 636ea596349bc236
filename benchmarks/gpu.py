"""Measures, where there is a GPU, how circuits and networks run on it: ``python -m benchmarks.gpu [--only NAME]``."""

__all__ = ["FIGURES", "main"]

import json
from statistics import median
from typing import Any

import numpy as np
import torch
import typer

from benchmarks import torch_cuda
from benchmarks.command import Figures, command
from benchmarks.evidence import Figure, Workplace, environment, number, qgan, say, table
from benchmarks.gradients import gradient, pixels, setup
from benchmarks.quality import RECIPES
from qgan._typing import Array, Json
from qgan.api import load
from qgan.backends import resolve
from qgan.experiment import Experiment
from qgan.game import Batch
from qgan.loop import train
from qgan.run import Run
from qgan.seeding import Key

STEPS = 5
CLASSICAL_STEPS, QUICK_CLASSICAL_STEPS = 100, 5
CPU, GPU = "default.qubit", "lightning.gpu"


def _circuits(place: Workplace) -> Figure:
    say(f"gpu: {STEPS} steps on {GPU}")
    trained = {name: _command("digits", STEPS, place, "--backend", name) for name in (CPU, GPU)}
    differences = _gradient_differences()
    results = {
        "steps": STEPS,
        "commands": trained,
        "gradient_differences": differences,
        "largest": {what: max(values) for what, values in differences.items()},
    }
    body = "\n\n".join(
        [
            f"`qgan train --backend {GPU} --steps {STEPS}` on `digits` ran to the end; steps per second against {CPU} "
            "in the same session, evaluations left out:",
            table(("backend", "steps/s"), [(name, number(run["steps_per_second"])) for name, run in trained.items()]),
            f"Gradients of all weights on {GPU} against {CPU}, with the weights that each of the {STEPS} steps began "
            "with, largest absolute difference. The generator's loss passes through float32; the pixels are float64.",
            table(
                ("step", *differences),
                [
                    (step, *(f"{values[step - 1]:.1e}" for values in differences.values()))
                    for step in range(1, STEPS + 1)
                ],
            ),
        ]
    )
    return Figure(f"`digits` on {GPU}", results, body)


def _gradient_differences() -> dict[str, list[float]]:
    (there, on_gpu), (here, on_cpu) = (setup([("backend.name", name), ("run.device", "cpu")]) for name in (GPU, CPU))
    differences: dict[str, list[float]] = {"generator's loss": [], "linear function of pixels": []}
    loop = train(there.state, there.game, there.batches, steps=STEPS)
    for step in range(1, STEPS + 1):
        here.state.load_state_dict(*there.state.state_dict())
        found = [_loss_gradient(experiment, step) for experiment in (there, here)]
        differences["generator's loss"].append(float(np.abs(found[0] - found[1]).max()))
        draw = on_gpu.draw(4, Key(0, "gradients", step))
        found = [gradient(generator, draw, pixels) for generator in (on_gpu, on_cpu)]
        differences["linear function of pixels"].append(float(np.abs(found[0] - found[1]).max()))
        next(loop)
    return differences


def _loss_gradient(experiment: Experiment, step: int) -> Array:
    """Of the generator's loss, on the batch of that step."""
    player = next(player for player in experiment.game.players if player.name == "generator")
    draw = experiment.generator.draw(experiment.batches.size, Key(experiment.config.seed, "latent/generator/0", step))
    loss = player.objective(Batch(experiment.batches.at(step - 1), draw)).loss
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, player.parameters)]).numpy()


def _networks(place: Workplace) -> Figure:
    steps = QUICK_CLASSICAL_STEPS if place.quick else CLASSICAL_STEPS
    runs: dict[str, Any] = {}
    for recipe in RECIPES:
        for device in ("cpu", "cuda"):
            say(f"gpu: {recipe} on {device}")
            runs[f"{recipe}, {device}"] = _command(recipe, steps, place, "--device", device)
    body = "\n\n".join(
        [
            f"`qgan train RECIPE --device cuda --steps {steps}`: networks and exact circuits on the GPU; and all on "
            "the CPU, in the same session. Steps per second leave evaluations out. All are small; what is shown is "
            "that it works.",
            table(
                ("recipe, device", "steps/s", "final loss of the generator"),
                [(name, number(run["steps_per_second"]), number(run["loss"])) for name, run in runs.items()],
            ),
        ]
    )
    return Figure("Recipes on a GPU", {"steps": steps, "runs": runs}, body)


def _command(recipe: str, steps: int, place: Workplace, *options: str) -> Json:
    """One run of the command, and the median rate of its steps after the first, which warms everything up."""
    arguments = (
        "train",
        recipe,
        "--steps",
        str(steps),
        *options,
        "--quiet",
        "--json",
        "--out",
        str(place.work / "gpu"),
    )
    run = load(json.loads(qgan(*arguments))["run"])
    seconds = [sum(line["seconds"][part] for part in ("discriminator", "generator", "rest")) for line in _timing(run)]
    return {
        "command": f"qgan {' '.join(arguments[:-2])}",
        "steps": len(seconds),
        "device": run.config.run.device,
        "threads": run.config.run.threads,
        "gradient": run.directory.identity["gradient"],
        "steps_per_second": 1 / median(seconds[1:]),
        "loss": run.records()[-1]["losses"]["generator"],
    }


def _timing(run: Run) -> list[Json]:
    return run.directory.lines("timing")


FIGURES: Figures = {"lightning-gpu": _circuits, "cuda": _networks, "batched-cuda": torch_cuda.measure}


def _facts() -> Json:
    return {**environment(), "gpu": torch.cuda.get_device_name()}


def _missing() -> str:
    status = resolve(GPU).status()
    why = [] if status.installed else [f"{GPU}: {' '.join((status.missing or '').split())}"]
    return "; ".join(why if torch.cuda.is_available() else [*why, "torch finds no CUDA device"])


main = command(FIGURES, folder="gpu", heading="Evidence, measured on a GPU", facts=_facts, missing=_missing)

if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
