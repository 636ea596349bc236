"""A token that is easily found again, through every command against the fake service, and looked for everywhere."""

__all__ = ["forms", "hits", "measure"]

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from benchmarks.evidence import Figure, Workplace, say, table
from benchmarks.fake_runtime.faults import Fault, Status
from benchmarks.fake_runtime.loopback import TOKEN, account_file, environment
from benchmarks.fake_runtime.server import FakeRuntime
from qgan._typing import Json

JOBS = "/jobs$"
PLUGIN = "import os\nraise RuntimeError(f\"it knows {os.environ.get('QISKIT_IBM_TOKEN')}\")\n"


class Step(NamedTuple):
    """A command.

    Attributes:
        arguments: Of it; ``{run}`` stands for the first run, ``{child}`` for the one on the computer, ``{job}`` for the
            latest job.
        code: With which it must end.
        fault: What goes wrong meanwhile.
        logged_in: By the environment, by the account ``"file"``, or with a ``"wrong"`` token.
    """

    arguments: tuple[str, ...]
    code: int = 0
    fault: Fault | None = None
    logged_in: str = "environment"


SMALL = ("--set=train.steps=4", "--set=run.checkpoint_every=2", "--set=evaluate.every=2", "--set=evaluate.samples=16")
FAR = ("--backend", "ibm:ibm_manila", "--shots", "64")
STEPS = (
    Step(("--help",)),
    Step(("recipes", "--json")),
    Step(("circuits", "--json")),
    Step(("backends", "--json")),
    Step(("backends", "ibm:least-busy")),
    Step(("plan", "ibm-first", "--backend", "ibm:ibm_torino", "--budget", "120s", "--json")),
    Step(("train", "lognormal", *SMALL, "--quiet")),
    Step(("train", "--resume", "{run}", *FAR, "--steps", "+2", "--dry-run")),
    Step(("train", "--resume", "{run}", *FAR, "--steps", "+2"), 11),
    Step(("train", "--resume", "{run}", *FAR, "--steps", "+2", "--budget", "60s"), 10, logged_in="wrong"),
    Step(("train", "--resume", "{child}", "--budget", "60s"), 0, logged_in="file"),
    Step(
        ("train", "--resume", "{run}", *FAR, "--steps", "+1", "--budget", "60s"), 8, Fault("POST", JOBS, 1, Status(400))
    ),
    Step(("train", "lognormal", f"--set=backend.token={TOKEN}", "--dry-run"), 2),
    Step(("train", "lognormal", "--plugin", "crashing", "--dry-run"), 4),
    Step(("submit", "{run}", *FAR, "--budget", "60s", "--json")),
    Step(("submit", "{run}", *FAR, "--budget", "60s"), 0, Fault("POST", JOBS, 1, Status(503, accepts=True))),
    Step(("submit", "{run}", *FAR, "--budget", "60s"), 10, logged_in="wrong"),
    Step(("jobs",)),
    Step(("jobs", "--json"), 0, Fault("GET", "/jobs/", 9, Status(401))),
    Step(("collect", "all")),
    Step(("cancel", "{job}"), 2),
    Step(("evaluate", "{run}", "--samples", "16")),
    Step(("sample", "{run}", "-n", "4")),
    Step(("report", "{run}", "{child}", "--out", "page")),
    Step(("track", "{run}", "--to", "tensorboard"), -1),
    Step(("runs", "--json")),
)
QUICK = (5, 6, 9, 12, 13, 14, 17)


def measure(place: Workplace) -> Figure:
    """Every command, and every file that is there afterwards."""
    here = place.work / "canary"
    for left in (here, here.parent / "canary-service"):
        shutil.rmtree(left, ignore_errors=True)
    here.mkdir(parents=True, exist_ok=True)
    (here / "crashing.py").write_text(PLUGIN, encoding="utf-8")
    rows: list[Json] = []
    with FakeRuntime(here.parent / "canary-service") as fake:
        for step in [STEPS[number] for number in QUICK] if place.quick else STEPS:
            say(f"canary: qgan {' '.join(step.arguments)}")
            if step.fault is not None:
                fake.faults.append(step.fault)
            rows.append(_row(step, fake, here))
            fake.faults.clear()
    files = {str(path.relative_to(here)): hits(path.read_bytes()) for path in _files(here)}
    results: Json = {
        "commands": rows,
        "files": len(files),
        "files_with_hits": {name: found for name, found in files.items() if found},
        "hits": sum(row["hits"] for row in rows) + sum(files.values()),
    }
    return Figure("A token through every command, looked for in all that they write", results, _body(results))


def forms(token: str) -> list[bytes]:
    """A token as it might have been written: plain, quoted for a URL, in base64 at any of three places, backwards."""
    plain = token.encode()
    shifted = [base64.b64encode(b"x" * lead + plain)[4 * (lead > 0) : -4] for lead in range(3)]
    return [plain, quote(token, safe="").encode(), plain[::-1], plain.hex().encode(), *shifted]


def hits(data: bytes) -> int:
    """How often a token is found."""
    return sum(data.count(form) for form in dict.fromkeys(forms(TOKEN)))


def _row(step: Step, fake: FakeRuntime, here: Path) -> Json:
    runs = sorted(path for path in (here / "runs").glob("2*") if path.is_dir())
    jobs = fake.jobs()
    places = {
        "{run}": str(runs[0]) if runs else "none",
        "{child}": str(runs[1]) if len(runs) > 1 else "none",
        "{job}": jobs[-1].id if jobs else "none",
    }
    arguments = [places.get(argument, argument) for argument in step.arguments]
    command = [sys.executable, "-m", "benchmarks.fake_runtime.loopback", fake.url, *arguments]
    done = subprocess.run(command, cwd=here, env=_environment(step, here), capture_output=True)
    written = done.stdout + done.stderr
    shown = " ".join(step.arguments).replace(TOKEN, "TOKEN")
    code = done.returncode
    return {"command": shown, "login": step.logged_in, "exit": code, "expected": step.code, "hits": hits(written)}


def _environment(step: Step, here: Path) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("QISKIT_")}
    place = os.pathsep.join([str(Path(__file__).resolve().parent.parent), str(here)])
    known |= {**environment(), "HOME": str(here / "home"), "QGAN_PATIENCE": "0.02", "PYTHONPATH": place}
    account = here / "home" / ".qiskit" / "qiskit-ibm.json"
    account.unlink(missing_ok=True)
    if step.logged_in == "file":
        account_file(account)
        del known["QISKIT_IBM_TOKEN"]
    if step.logged_in == "wrong":
        known["QISKIT_IBM_TOKEN"] = f"{TOKEN}-wrong"
    return known


def _files(here: Path) -> Iterator[Path]:
    """All but the account's own file."""
    return (path for path in here.rglob("*") if path.is_file() and path.name != "qiskit-ibm.json")


def _body(results: Json) -> str:
    rows = [
        (
            f"`qgan {row['command']}`",
            row["login"],
            row["exit"],
            "any" if row["expected"] < 0 else row["expected"],
            row["hits"],
        )
        for row in results["commands"]
    ]
    return "\n\n".join(
        [
            "The token of the fake service's only account, in the environment or in the account's own file, while all "
            "commands run, many of them into a fault on purpose. Then it is looked for in all that they wrote to the "
            "terminal and in every file that is there, the account's own excepted: plain, quoted for a URL, backwards, "
            "in hexadecimal, and in base64 at all three places.",
            f"**{results['hits']} hits** in {len(rows)} commands and {results['files']} files.",
            table(("command", "logged in by", "exit", "expected", "hits"), rows),
        ]
    )
