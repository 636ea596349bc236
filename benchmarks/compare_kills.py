"""Kills: ``qgan compare`` and its workers are ended with SIGKILL, and all of it is there once, bit for bit."""

__all__ = ["measure"]

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import final

import numpy as np
import psutil

from benchmarks.compare_same import CLOCKED, amiss, contents, differing
from benchmarks.evidence import ROOT, Figure, Workplace, number, say, table
from benchmarks.turns import once
from qgan._typing import Json
from qgan.seeding import Key, stream

KILLS, QUICK_KILLS = 10, 1
# Tuned, with a ladder of one size more, a control that is trained and two that are not, timed, and with its page.
SIZE = ("--seeds=2", "--controls=unentangled,shots,moment-matched-gaussian", "--trials=2", "--workers=2")
QUICK_SIZE = ("--seeds=1", "--controls=shots", "--trials=1", "--workers=1")
PLUGIN = "--plugin=benchmarks.short_ladder"
ASKED = (
    "ring",
    "--baselines=mlp,ladder",
    "--set=train.steps=20",
    "--set=train.batch_size=8",
    "--set=run.checkpoint_every=5",
    "--set=evaluate.every=10",
    "--set=evaluate.samples=40",
    "--set=evaluate.metrics=['energy-distance']",
)
PHASES = ("planning", "tuning", "training", "floors and trivial values", "what nothing trains", "timing", "costs")
BEFORE = "starting"
# A kill can come too late, where a comparison takes less than the one that was timed; that is counted.
MOST_TRIES, SHORTER = 8, 0.9
PATIENCE = 300.0


@final
class _Command:
    """``qgan compare`` in a process of its own, begun, or gone on with where there is a declaration already."""

    def __init__(self, root: Path, asked: Sequence[str]) -> None:
        self._said = root.with_suffix(".txt")
        begun = (root / "declaration.json").exists()
        given = ("--resume", str(root), asked[-1]) if begun else (*asked, "--out", str(root))
        self._before = self._said.stat().st_size if self._said.exists() else 0
        with self._said.open("ab") as said:
            self.process = psutil.Popen(
                [str(Path(sys.executable).with_name("qgan")), "compare", *given, PLUGIN],
                stdout=said,
                stderr=said,
                env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
            )

    @property
    def phase(self) -> str:
        """What it said last that it is at."""
        lines = self.said.splitlines()
        heard = [phase for line in lines for phase in PHASES if line == phase or line.startswith(f"{phase}: ")]
        return heard[-1] if heard else BEFORE

    @property
    def said(self) -> str:
        """All of it, since it began."""
        return self._said.read_bytes()[self._before :].decode()

    def workers(self) -> list[psutil.Process]:
        """Those that do runs."""
        return [child for child in self.children() if "qgan.compare.worker" in _cmdline(child)]

    def children(self) -> list[psutil.Process]:
        """All its processes; none where it has ended."""
        try:
            return self.process.children()
        except psutil.NoSuchProcess:
            return []

    def wait(self) -> None:
        """To its end, which must be a good one."""
        if code := self.process.wait():
            raise RuntimeError(f"qgan compare ended with {code}: {self.said[-2000:]}")


def measure(place: Workplace) -> Figure:
    """The same comparison left alone, and with the command or a worker killed at random moments.

    Kills that were made before are not made again.
    """
    wanted, size = (QUICK_KILLS, QUICK_SIZE) if place.quick else (KILLS, SIZE)
    asked = (*ASKED, *size)
    folder = place.work / f"kills-{_identity(asked)}"
    whole = folder / "undisturbed"
    alone = once(folder / "alone.json", partial(_alone, whole, asked))
    spans = {"command": (0.0, alone["seconds"]), "worker": tuple(alone["workers"])}
    found = {name: _kills(whole, asked, name, span, wanted) for name, span in spans.items()}
    results: Json = {
        "command": f"qgan compare {' '.join((*asked, PLUGIN))}",
        "files": len(contents(whole)),
        "runs": sum(1 for part in ("tuning", "runs") for _ in (whole / part).rglob("run.json")),
        "undisturbed_seconds": alone["seconds"],
        "kills": found,
    }
    return Figure("Comparisons whose command, or whose workers, were killed", results, _body(results))


def _identity(asked: Sequence[str]) -> str:
    """Of what is measured: kills of the same code are not made again."""
    code = [path.read_bytes() for package in ("qgan", "circuits") for path in sorted((ROOT / package).rglob("*.py"))]
    return hashlib.sha256(repr((asked, code)).encode()).hexdigest()[:16]


def _alone(whole: Path, asked: Sequence[str]) -> Json:
    """Two that are left alone: the first may compile kernels, and the second is timed."""
    _removed(whole)
    _removed(timed := whole.with_name("timed"))
    _Command(whole, asked).wait()
    seconds, workers = _timed(whole, timed, asked)
    return {"seconds": seconds, "workers": workers}


def _removed(root: Path) -> None:
    """What a measurement that was broken off has left."""
    shutil.rmtree(root, ignore_errors=True)
    root.with_suffix(".txt").unlink(missing_ok=True)


def _timed(whole: Path, root: Path, asked: Sequence[str]) -> tuple[float, tuple[float, float]]:
    """How long one takes that is left alone, and from when to when it has workers."""
    began, command, seen = perf_counter(), _Command(root, asked), list[float]()
    while command.process.poll() is None:
        if command.workers():
            seen.append(perf_counter() - began)
        sleep(0.05)
    seconds = perf_counter() - began
    command.wait()
    if wrong := [*amiss(whole), *amiss(root), *differing(whole, root)]:
        raise RuntimeError(f"Two undisturbed comparisons differ in {wrong}: nothing can be held against them")
    say(f"kills: left alone it takes {seconds:.0f} s, with workers from {seen[0]:.0f} to {seen[-1]:.0f} s")
    return seconds, (seen[0], seen[-1])


def _kills(whole: Path, asked: Sequence[str], victim: str, span: tuple[float, float], wanted: int) -> Json:
    """One kill in each comparison: in the first tenth of the time, in the second, and so on."""
    kills = []
    for tenth in range(wanted):
        part = tenth / wanted, (tenth + 1) / wanted
        kill = once(whole.with_name(f"{victim}-{tenth}.json"), partial(_one, whole, asked, victim, span, part))
        kills.append(kill)
        end = kill["differing"] or "identical"
        say(f"kills: a {victim} after {kill['seconds']:.1f} s, during {kill['during']}: {end}")
    return {"kills": kills, "too_late": sum(kill["too_late"] for kill in kills)}


def _one(whole: Path, asked: Sequence[str], victim: str, span: tuple[float, float], part: tuple[float, float]) -> Json:
    """A kill in that part of the time."""
    moments, root = stream(Key(0, f"kills of a {victim}", round(1000 * part[0]))), whole.with_name(victim)
    begin, end = span
    for late in range(MOST_TRIES):
        _removed(root)
        moment = begin + (end - begin) * moments.uniform(*part)
        kill = _killed(root, asked, victim, moment, moments)
        if kill is not None:
            return {**kill, "seconds": moment, "differing": [*amiss(root), *differing(whole, root)], "too_late": late}
        # The machine is faster now than when the time was taken.
        end = begin + SHORTER * (end - begin)
    raise RuntimeError("The comparisons end before they can be killed")


def _killed(root: Path, asked: Sequence[str], victim: str, moment: float, moments: np.random.Generator) -> Json | None:
    """A comparison with one kill, to its end; None where it ended before."""
    command = _Command(root, asked)
    sleep(moment)
    family = command.children()
    while victim == "worker" and command.process.poll() is None and not command.workers():
        sleep(0.01)
    phase, choice = command.phase, [command.process] if victim == "command" else command.workers()
    try:
        choice[moments.integers(len(choice))].kill()
    except (psutil.NoSuchProcess, ValueError):
        command.wait()
        return None
    if victim == "worker":
        command.wait()
        return {"during": phase}
    if not command.process.wait():
        return None
    # The next one does not wait for the processes of the one that was killed; they are only looked at here.
    began, again = perf_counter(), _Command(root, asked)
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    if alive:
        raise RuntimeError(f"{len(alive)} processes outlive their command by {PATIENCE:.0f} s")
    left = perf_counter() - began
    again.wait()
    return {"during": phase, "workers_left_after": left}


def _cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _body(results: Json) -> str:
    return "\n\n".join(_paragraphs(results))


def _paragraphs(results: Json) -> Iterator[str]:
    yield (
        f"`{results['command']}`, where the plugin makes the ladder one size long: {results['runs']} runs, those of "
        f"the search among them; {number(results['undisturbed_seconds'])} s when left alone, timing and the page "
        "included. In each comparison, the command or one of its workers is killed with SIGKILL once, at a random "
        "moment of the first tenth of that time, of the second, and so on; for workers, of the time in which there are "
        "any. After a worker's death the command goes on; after its own it is resumed at once, or given again where "
        "nothing was declared yet."
    )
    listed = ", ".join(f"`{name}`" for name in sorted(CLOCKED))
    yield (
        f"What is compared is every file of the comparison, {results['files']} of them, byte for byte with one that "
        "was left alone: the book of models, yardsticks, scores of what nothing trains, every run of the search and "
        "of the comparison, and the tensors and numbers of its last and its best checkpoint. Not compared are what "
        f"tells the time ({listed}, the seconds of a search, the contents of `speed` and `report`) and a page half "
        "written."
    )
    for victim, found in results["kills"].items():
        kills = found["kills"]
        same = sum(not kill["differing"] for kill in kills)
        yield f"## The {victim}, killed {len(kills)} times"
        yield (
            f"After **{same} of {len(kills)}** kills every run was there once, each of its steps once, and every file "
            f"as in the comparison that was left alone. {found['too_late']} more kills came after the end."
        )
        if victim == "command":
            slowest = number(max(kill["workers_left_after"] for kill in kills))
            yield f"All processes of a killed command had left after at most {slowest} s."
        rows = [
            (number(kill["seconds"]), kill["during"], ", ".join(kill["differing"]) or "identical") for kill in kills
        ]
        yield table(("killed after, s", "during", "in the end"), rows)
