"""What models take: seconds by part, memory, circuits, shots; what training costs, here and on a quantum computer."""

__all__ = ["break_even", "cost", "hardware", "speed"]

from dataclasses import asdict
from typing import Any

from qgan._typing import Json
from qgan.compare.comparison import Compared
from qgan.compare.cost import BreakEven
from qgan.compare.hardware import SECONDS_OF_A_JOB
from qgan.report.tables import Column, Table

MEBIBYTE = 2**20
# What a tie is of, and with what.
TRAINED, WIDER = "this circuit", "other sizes, not trained"
SIMULATION = "simulating the same circuits"
LATENCY = f"latency not counted; today {SECONDS_OF_A_JOB:g} s a job"
# Whose seconds are told, where models are held against each other by the clock.
SECONDS = {
    True: "steps times the seconds of a step of a model alone on the machine (table Speed)",
    False: "those of runs that shared the machine, how many is not known: not to be compared closely",
}
PARTS = ("generator forward", "generator backward", "discriminator", "rest")


def speed(compared: Compared) -> Table:
    """A row for each model that was timed."""
    rows: list[Json] = []
    for entry in compared.book.entries:
        known = compared.speed.get(entry.name)
        if known is None:
            continue
        rows.append(
            {
                "recipe": compared.recipe,
                "model": entry.name,
                "seconds_per_step": known.seconds_per_step,
                **{part.replace(" ", "_"): known.split.get(part) for part in PARTS},
                "steps_per_second": 1 / known.seconds_per_step if known.seconds_per_step else None,
                "samples_per_second": known.samples_per_second,
                "executions": known.executions,
                "shots": known.shots,
                "operations": sum(known.operations.values()) if known.operations else None,
                "peak": known.peak_bytes / MEBIBYTE,
                "cpu_seconds": known.cpu_seconds_per_step,
                "threads": known.threads,
                "compiled": known.compiled,
                "gpu": known.gpu or "none",
                "timed": known.steps,
                "load": known.load,
                "contended": f"contended: {known.contended}" if known.contended else "alone",
            }
        )
    split = [Column(part.replace(" ", "_"), part, "s", testid="seconds-" + part.replace(" ", "-")) for part in PARTS]
    return Table(
        "speed",
        "Speed",
        (
            Column("model", "model"),
            Column("seconds_per_step", "a step", "s", "Median over the timed steps", testid="seconds-per-step"),
            *split,
            Column("steps_per_second", "steps a second", "1/s", testid="steps-per-second"),
            Column("samples_per_second", "samples a second", "1/s", testid="samples-per-second"),
            Column("executions", "circuits a step"),
            Column("shots", "shots a step"),
            Column("operations", "operations a step", about="Floating-point operations, counted"),
            Column("peak", "peak memory", "MiB", testid="peak-memory"),
            Column("cpu_seconds", "CPU time a step", "s", testid="cpu-seconds-per-step"),
            Column("threads", "threads"),
            Column("compiled", "compiled", about="Whether circuits run as compiled kernels"),
            Column("gpu", "GPU"),
            Column("timed", "steps timed"),
            Column("load", "load before"),
            Column("contended", "machine"),
        ),
        rows,
        "Each model alone on the machine, one process; evaluations and checkpoints are not in it.",
    )


def cost(compared: Compared) -> Table:
    """What a whole run takes here."""
    known = compared.cost
    rows: list[Json] = []
    for model, parameters in known.parameters.items() if known else ():
        taken = {key: getattr(known, key).get(model) for key in ("cpu_seconds", "gpu_seconds", "joules")}
        rows.append({"recipe": compared.recipe, "model": model, "parameters": parameters, **taken})
    return Table(
        "cost",
        "What one run takes on this machine",
        (
            Column("model", "model"),
            Column("parameters", "parameters"),
            Column("cpu_seconds", "CPU time", "s", testid="cpu-seconds"),
            Column("gpu_seconds", "GPU time", "s", testid="gpu-seconds"),
            Column("joules", "energy", "J"),
        ),
        rows,
        "Medians over seeds; a dash where no GPU was used, or the machine does not tell its energy.",
    )


def break_even(compared: Compared) -> Table:
    """The clock at which a quantum computer would tie: this circuit with the opponent, wider ones with simulation."""
    known = compared.cost
    first = [known.break_even] if known and known.break_even else []
    clock = "timed alone" if known and known.timed_alone else "in runs that shared the machine"
    rows = [_tie(compared, tie, TRAINED, f"{compared.opponent or 'the primary opponent'}, {clock}") for tie in first]
    rows += [_tie(compared, tie, WIDER, SIMULATION) for tie in (known.over_wires if known else ())]
    return Table(
        "break-even",
        "The break-even clock",
        (
            Column("wires", "qubits"),
            Column("of", "of"),
            Column("against", "other side"),
            Column("skill", "to a skill of", testid="break-even-skill"),
            Column("classical_seconds", "other side takes", "s", testid="classical-seconds"),
            Column("subject_steps", "subject's steps", testid="subject-steps"),
            Column("executions", "circuits times shots", testid="executions-total"),
            Column("seconds_elsewhere", "rest of these steps", "s", testid="seconds-elsewhere"),
            Column("clock", "clock to tie", "1/s", f"Executions a second; {LATENCY}", testid="break-even-clock"),
            Column(
                "latency", "latency to tie", "s", "For each job, at an unlimited clock", testid="break-even-latency"
            ),
            Column("todays_clock", "today's clock", "1/s", testid="todays-clock"),
            Column("orders", "orders of magnitude away", about=LATENCY.capitalize()),
            Column("why_not", "at no clock, as"),
        ),
        rows,
        f"Two questions. For {TRAINED}: at which rate of executions a quantum computer would train the subject to the "
        "stated skill in as long as the primary opponent takes to it. For other sizes, of which nothing is trained: at "
        f"which rate it would be as fast as {SIMULATION} on this machine, which is not to beat a classical generator. "
        f"Orders of magnitude are a lower bound: {LATENCY}."
        + (f" Times to the skill are {SECONDS[known.timed_alone]}." if known and known.break_even else ""),
    )


def hardware(compared: Compared) -> Json | None:
    """The estimate of a training on a quantum computer."""
    known = compared.cost.hardware if compared.cost else None
    return asdict(known) if known else None


def _tie(compared: Compared, tie: BreakEven, of: str, against: str) -> dict[str, Any]:
    return {"recipe": compared.recipe, "model": "subject", "of": of, "against": against, **asdict(tie)}
