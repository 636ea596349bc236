"""Small trainings on a computer of the fake's, what is made of them by whatever disturbs them, and one undisturbed."""

__all__ = ["JOBS", "Laboratory", "Later", "Seen", "Trial"]

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, final

from benchmarks.fake_runtime.faults import Fault
from benchmarks.fake_runtime.killing import Point
from benchmarks.fake_runtime.nursery import Child, Nursery
from benchmarks.fake_runtime.server import FakeRuntime
from qgan.backends.jobs.journal import Journal

# A warm start, and then this. Each step sends two jobs: one for the discriminator's batch, one for the gradient.
WARM, STEPS, SHOTS, BUDGET = 10, 3, 64, "200s"
JOBS = 2 * STEPS
BASE = (
    f"train.steps={WARM}",
    "train.batch_size=8",
    "generator.layers=1",
    "discriminator.hidden=[8]",
    "evaluate.every=0",
    "evaluate.metric='kl'",
    "evaluate.metrics=['kl']",
    "evaluate.samples=50",
    # So that some jobs' results are used from the disk, and some steps are in a checkpoint already.
    "run.checkpoint_every=2",
    "run.threads=1",
    "run.device='cpu'",
)
SAME = (
    "records.jsonl",
    *(
        f"checkpoints/step-{step:06d}/{name}"
        for step in (WARM + STEPS - 1, WARM + STEPS)
        for name in ("tensors.safetensors", "state.json")
    ),
)


@dataclass
class Later(Fault):
    """A fault that lets some requests pass first.

    Args:
        after: How many that it would be for.
    """

    after: int = 0

    def fits(self, method: str, path: str) -> bool:
        if not super().fits(method, path):
            return False
        self.after -= 1
        return self.after < 0


class Seen(NamedTuple):
    """What a run and the service have in the end.

    Attributes:
        keys: Of jobs that the run wanted.
        accepted: For each key that the service knows, how many jobs it has accepted.
        paid: Of those, how many it did not cancel before they ran.
        fetched: For each key, how often a result was sent.
        kept: Results that are on the disk, as whole as they came.
        differing: Files that are not those of the undisturbed run, byte for byte.
    """

    keys: int
    accepted: dict[str, int]
    paid: dict[str, int]
    fetched: dict[str, int]
    kept: int
    differing: list[str]

    @property
    def amiss(self) -> list[str]:
        """What is not as it must be, whatever went wrong on the way."""
        return [
            *(f"{key}: {number} jobs" for key, number in self.paid.items() if number != 1),
            *([] if len(self.accepted) == self.keys == self.kept == JOBS else [f"{self.kept} results of {self.keys}"]),
            *(f"{name} differs" for name in self.differing),
        ]


@final
class Trial:
    """One training, and a service of its own.

    Attributes:
        fake: The service.
    """

    def __init__(self, laboratory: "Laboratory", folder: Path) -> None:
        self.laboratory, self._folder = laboratory, folder
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(laboratory.base, folder / "base")
        self.fake = FakeRuntime(folder / "fake")

    def __enter__(self) -> "Trial":
        self.fake.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.fake.__exit__()

    @property
    def run(self) -> Path:
        """Its directory, once there is one."""
        (found,) = self._folder.glob("2*")
        return found

    @property
    def journal(self) -> Journal:
        """As it is on the disk."""
        return Journal(self.run)

    @property
    def posts(self) -> int:
        """Submissions that came to the service."""
        return sum(method == "POST" and path.endswith("/jobs") for method, path in self.fake.requests)

    def begin(
        self,
        *arguments: str,
        budget: str = BUDGET,
        dies: tuple[Point, int] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Child:
        """Starts to train on the fake's computer."""
        asked = ("--backend", "ibm:ibm_manila", "--steps", f"+{STEPS}", "--shots", f"{SHOTS}", "--budget", budget)
        base = ("train", "--resume", str(self._folder / "base"), "--quiet")
        return self.laboratory.nursery.start(self.fake.url, *base, *asked, *arguments, dies=dies, environ=environ)

    def resume(
        self, *arguments: str, dies: tuple[Point, int] | None = None, environ: Mapping[str, str] | None = None
    ) -> Child:
        """Goes on with it."""
        known = ("train", "--resume", str(self.run), "--quiet")
        return self.laboratory.nursery.start(self.fake.url, *known, *arguments, dies=dies, environ=environ)

    def seen(self) -> Seen:
        """What there is in the end."""
        accepted, paid, fetched = Counter[str](), Counter[str](), Counter[str]()
        for job in self.fake.jobs():
            (key,) = (tag for tag in job.tags if tag.startswith("qgan-key-"))
            accepted[key] += 1
            paid[key] += job.status != "CANCELLED"
            fetched[key] += job.fetched
        journal = self.journal
        kept = sum(journal.result(entry) is not None for entry in journal)
        straight = self.laboratory.straight
        differing = [] if straight is None else [name for name in SAME if _bytes(self.run, name) != straight[name]]
        return Seen(len(list(journal)), dict(accepted), dict(paid), dict(fetched), kept, differing)


@final
class Laboratory:
    """Makes trials.

    Args:
        root: For their files.
        patience: By which all their waiting is multiplied.

    Attributes:
        base: The warm start.
        straight: The undisturbed run's files.
    """

    def __init__(self, root: Path, *, patience: float) -> None:
        self._root, self.nursery = root, Nursery(root / "output", patience=patience)
        self.straight: dict[str, bytes] | None = None
        self.base = root / "warm" / "run"
        if not self.base.is_dir():
            self._warm()
        with self.trial("undisturbed") as trial:
            child = trial.begin()
            if child.wait() or trial.seen().amiss:
                raise RuntimeError(f"The undisturbed run is disturbed: {trial.seen().amiss} {child.said}")
            self.straight = {name: _bytes(trial.run, name) for name in SAME}

    def trial(self, name: str) -> Trial:
        """A new one."""
        return Trial(self, self._root / "trials" / name)

    def _warm(self) -> None:
        made = self._root / "warm" / "making"
        shutil.rmtree(made, ignore_errors=True)
        sets = [part for text in BASE for part in ("--set", text)]
        child = self.nursery.start("", "train", "lognormal", *sets, "--out", str(made), "--quiet")
        if child.wait():
            raise RuntimeError(child.said)
        (found,) = made.glob("2*")
        found.rename(self.base)


def _bytes(run: Path, name: str) -> bytes:
    path = run / name
    return path.read_bytes() if path.is_file() else b"there is none"
