"""Kills around submissions, and a service that answers wrongly: each job is accepted once, and no result is lost."""

__all__ = ["measure"]

import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.evidence import ROOT, Figure, Workplace, say, table
from benchmarks.fake_runtime.faults import Drop, Hang, Status, What
from benchmarks.fake_runtime.killing import POINTS, Point
from benchmarks.fake_runtime.laboratory import JOBS, SHOTS, STEPS, WARM, Laboratory, Later, Trial
from benchmarks.fake_runtime.nursery import Child
from benchmarks.turns import once
from qgan._typing import Json

KILLS, REPLIES = 20, 4
PATIENCE = 0.05
# Most of their time is waiting.
TOGETHER = 3
DONE, DOUBT = 0, 9
KILLED = -signal.SIGKILL
NAMES: dict[Point, str] = {
    "intended": "INTENT is on the disk, nothing was sent",
    "accepted": "the POST was accepted, SUBMITTED is not written",
    "submitted": "SUBMITTED is written",
    "fetched": "the result has come, and is not kept",
    "kept": "the result is kept, the step is not done",
}
POST, LOOK = "/jobs$", r"/jobs/\w+$"


class Case(NamedTuple):
    """A service that answers wrongly, from one of a run's jobs on.

    Attributes:
        title: What it does.
        what: Happens to requests.
        times: To how many of them.
        method: Of these.
        path: Of these.
        lag: Seconds until a job is in listings.
    """

    title: str
    what: What
    times: int = 1
    method: str = "POST"
    path: str = POST
    lag: float = 0.0


CASES = (
    Case("429, three times", Status(429), 3),
    Case("429 with Retry-After: 1, twice", Status(429, retry_after=1), 2),
    Case("429 with Retry-After: 3600", Status(429, retry_after=3600)),
    Case("500, not accepted", Status(500)),
    Case("500, accepted", Status(500, accepts=True)),
    Case("503, not accepted", Status(503)),
    Case("503, accepted", Status(503, accepts=True)),
    Case("no answer, accepted", Hang(60)),
    Case("no answer, not accepted", Hang(60, accepts=False)),
    Case("connection dropped, accepted", Drop(accepts=True)),
    Case("connection dropped, not accepted", Drop()),
    Case("connection dropped, accepted, listings 2 s behind", Drop(accepts=True), lag=2.0),
    Case("502 to a look at the job, five times", Status(502), 5, "GET", LOOK),
    Case("429 with Retry-After: 1 to a result, twice", Status(429, retry_after=1), 2, "GET", "/results$"),
    Case("connection dropped at a result, five times", Drop(), 5, "GET", "/results$"),
)


def measure(place: Workplace) -> Figure:
    """Both, each trial with a service of its own. Trials that were made before are not made again."""
    kills, replies = (1, 1) if place.quick else (KILLS, REPLIES)
    # Children are forked from a process that has them already.
    os.environ["OMP_NUM_THREADS"] = "1"
    folder = place.work / f"jobs-{_identity()}"
    folder.mkdir(parents=True, exist_ok=True)
    laboratory = Laboratory(folder, patience=PATIENCE)
    asked: list[tuple[str, Callable[[], Json]]] = [
        *(
            (f"{point}-{number}", partial(_kill, laboratory, point, number))
            for number in range(kills)
            for point in POINTS
        ),
        *(
            (f"reply-{at}-{number}", partial(_reply, laboratory, case, f"{at}", number))
            for number in range(replies)
            for at, case in enumerate(CASES)
        ),
    ]

    def one(name: str, work: Callable[[], Json]) -> Json:
        found = once(folder / f"{name}.json", work)
        say(f"kills: {name}: exit codes {found['codes']}, {', '.join(found['amiss']) or 'as undisturbed'}")
        return found

    with ThreadPoolExecutor(TOGETHER) as pool:
        found = dict(zip([name for name, _ in asked], pool.map(lambda each: one(*each), asked), strict=True))
    results: Json = {
        "jobs_of_a_run": JOBS,
        "kills": {point: [found[f"{point}-{number}"] for number in range(kills)] for point in POINTS},
        "replies": [
            {"case": case.title, "trials": [found[f"reply-{at}-{number}"] for number in range(replies)]}
            for at, case in enumerate(CASES)
        ],
    }
    return Figure("Kills around a submission, and a service that answers wrongly", results, _body(results))


def _identity() -> str:
    """Of what is measured: trials of the same code are not made again."""
    folders = (ROOT / "qgan", ROOT / "circuits", ROOT / "benchmarks" / "fake_runtime")
    code = [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*.py"))]
    code.append(Path(__file__).read_bytes())
    return hashlib.sha256(repr(code).encode()).hexdigest()[:16]


def _kill(laboratory: Laboratory, point: Point, number: int) -> Json:
    """One kill, at another of the run's jobs each time: those of even numbers are gradients."""
    nth = 1 + number % JOBS
    with laboratory.trial(f"{point}-{number}") as trial:
        # Sometimes the service is slow.
        trial.fake.queue_polls = trial.fake.running_polls = number % 3
        ends = [_ended(trial.begin(dies=(point, nth)))]
        if ends[0]["code"] != KILLED:
            raise RuntimeError(f"The run was not killed at {point} of job {nth}: {ends[0]['said']}")
        return {"nth": nth, **_to_the_end(trial, ends)}


def _reply(laboratory: Laboratory, case: Case, name: str, number: int) -> Json:
    """Another answer than the true one, from the first, a middle, or the last of the run's jobs on."""
    nth = (1, JOBS // 2, JOBS - 1, JOBS)[number % 4]
    with laboratory.trial(f"reply-{name}-{number}") as trial:
        # Every job is looked at several times.
        looks = 3 if case.path == LOOK else 1
        trial.fake.listing_lag_seconds = case.lag
        trial.fake.faults.append(Later(case.method, case.path, case.times, case.what, after=looks * (nth - 1)))
        return {"nth": nth, **_to_the_end(trial, [_ended(trial.begin())])}


def _to_the_end(trial: Trial, ends: list[Json]) -> Json:
    """Goes on until it is done, and sends again what is in doubt where that is asked for."""
    while ends[-1]["code"] != DONE:
        if len(ends) > 4:
            raise RuntimeError(f"There is no end: {ends}")
        again = ("--resubmit-in-doubt",) if ends[-1]["code"] == DOUBT else ()
        ends.append(_ended(trial.resume(*again)))
    seen = trial.seen()
    return {
        "codes": [end["code"] for end in ends],
        "messages": [end["said"] for end in ends if end["code"] not in (DONE, KILLED)],
        "submissions": trial.posts,
        "accepted": sorted(seen.accepted.values()),
        "fetched": sum(seen.fetched.values()),
        "amiss": [*seen.amiss, *(f"the fake failed: {text}" for text in trial.fake.problems)],
    }


def _ended(child: Child) -> Json:
    code = child.wait()
    lines = [line for line in child.said.splitlines() if line.startswith("Error")]
    return {"code": code, "said": lines[-1] if lines else child.said[-500:] if code else ""}


def _body(results: Json) -> str:
    return "\n\n".join(_paragraphs(results))


def _paragraphs(results: Json) -> Iterator[str]:
    kills = [kill for trials in results["kills"].values() for kill in trials]
    others = [trial for case in results["replies"] for trial in case["trials"]]
    yield (
        f"A warm start of {WARM} steps of `lognormal` on the simulator, and then `qgan train --resume RUN --backend "
        f"ibm:ibm_manila --steps +{STEPS} --shots {SHOTS} --budget 200s`, two jobs a step: one for the discriminator's "
        "batch, one for the generator's values and gradient. **No quantum computer took part**: the real client of "
        "IBM's talks to a fake of its service on this machine, which simulates, and which draws the same shots for the "
        "same circuits. All waiting is shortened to a twentieth. Each trial has a service of its own and goes on with "
        "`qgan train --resume` until it is done, after exit code 9 with `--resubmit-in-doubt`."
    )
    yield (
        "A trial is good if in the end the service has accepted one job for each key and no other, every result is on "
        "the disk, and the records, the tensors and the state of both checkpoints after the last steps are byte for "
        "byte those of a run that nothing disturbed."
    )
    yield f"## Killed {len(kills)} times with SIGKILL: {_good(kills)} of {len(kills)} good"
    yield (
        "In turn at each of the run's jobs, with a service that is sometimes slow. A result is fetched a second time "
        "only where the process died before the first was kept."
    )
    yield table(
        ("killed when", "good", "exit codes", "jobs accepted for a key", "fetched for a run"),
        [(NAMES[point], *_row(trials)) for point, trials in results["kills"].items()],
    )
    yield f"## Wrong answers: {_good(others)} of {len(others)} good"
    yield "In turn from the first, a middle, the last but one and the last of the run's jobs on."
    yield table(
        ("the service's answer", "good", "exit codes", "jobs accepted for a key", "fetched for a run"),
        [(case["case"], *_row(case["trials"])) for case in results["replies"]],
    )
    yield "What was said where a run ended before it was done, once for each:"
    said = {
        message.split(" Got:")[0].split("'")[0]: message for each in (*kills, *others) for message in each["messages"]
    }
    yield "\n".join(f"- `{message}`" for message in said.values()) or "Nothing."


def _good(trials: Sequence[Json]) -> int:
    return sum(not trial["amiss"] for trial in trials)


def _row(trials: Sequence[Json]) -> tuple[str, str, str, str]:
    codes = sorted({" then ".join(map(_code, trial["codes"])) for trial in trials})
    accepted = sorted({count for trial in trials for count in trial["accepted"]})
    fetched = sorted({trial["fetched"] for trial in trials})
    return (
        f"{_good(trials)} of {len(trials)}",
        " or ".join(codes),
        " or ".join(map(str, accepted)),
        " or ".join(map(str, fetched)),
    )


def _code(code: int) -> str:
    return "killed" if code == KILLED else str(code)
