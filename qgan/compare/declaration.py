"""What a comparison is about, stated before anything is run; what is changed later is an amendment."""

__all__ = ["Amendment", "Claim", "Declaration", "Declared", "declare", "declared", "held"]

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, final

from pydantic import Field

from qgan._registry import Options
from qgan._typing import Json
from qgan.errors import CheckpointError, ConfigError
from qgan.files import append_line, atomic_write, heal_tail, locked, read_json
from qgan.opening import differences
from qgan.validation import validate

FILE, AMENDMENTS, LOCK = "declaration.json", "amendments.jsonl", "CAMPAIGN"
# What is written aside before it is put in place: a command that is killed meanwhile leaves it.
ASIDE = "*.tmp-*"

Seeds = Annotated[tuple[int, ...], Field(strict=False, min_length=1)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class Claim(Options):
    """What carries the claim of one recipe; everything else on its page is secondary.

    Attributes:
        metric: Which one.
        opponent: Held against which opponent.
        margin: What counts as no difference, as a share of the way from the trivial value to the floor.
        skill: The one whose time is told.
    """

    metric: str
    opponent: str
    margin: float = Field(gt=0, lt=1)
    skill: float = Field(gt=0, lt=1)


class Declaration(Options):
    """Everything that decides which runs there are and what is said of them.

    Attributes:
        claims: Of each recipe, by name, in order.
        changes: Dotted keys of every recipe, and what they are set to.
        seeds: Of all models, in pairs.
        baselines: The classical opponents.
        controls: The others.
        trials: Settings tried for each trained model; 0 where nothing is tuned.
        search: How, in a sentence; empty where nothing is tuned.
    """

    schema_version: Literal[1] = 1
    claims: Annotated[Mapping[str, Claim], Field(min_length=1)]
    changes: Mapping[str, Any] = {}
    seeds: Seeds
    baselines: Texts
    controls: Texts
    trials: int = Field(ge=0, le=10_000)
    search: str = ""

    def document(self) -> Json:
        """Plain values."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """Of the canonical JSON of the document."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()


@final
@dataclass(frozen=True)
class Amendment:
    """A later declaration.

    Attributes:
        at: When, in UTC.
        changed: Dotted keys of the declaration.
        runs: How many runs there were already, those of the search for settings among them.
        declaration: What holds from then on.
    """

    at: str
    changed: tuple[str, ...]
    runs: int
    declaration: Declaration


@final
@dataclass(frozen=True)
class Declared:
    """A comparison's declaration, with its history.

    Attributes:
        at: When it was first declared, in UTC.
        first: As it was then.
        amendments: In order.
    """

    at: str
    first: Declaration
    amendments: tuple[Amendment, ...] = ()

    @property
    def current(self) -> Declaration:
        """What holds."""
        return self.amendments[-1].declaration if self.amendments else self.first


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """A comparison's directory, new or not, for this command alone; what a killed one left half written is removed.

    Raises:
        BusyError: If another process has it.
        ConfigError: If it holds something that is no comparison.
    """
    _require_own(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory / LOCK, f"The comparison {directory}"):
        for aside in (*directory.glob(ASIDE), *(directory / "recipes").rglob(ASIDE)):
            aside.unlink(missing_ok=True)
        yield


def declare(directory: Path, declaration: Declaration) -> Declared:
    """States it there: the first time as it is, later as an amendment where it says something else.

    Two commands that may be at it at once take turns by :func:`held`.

    Raises:
        CheckpointError: If what stands there cannot be read.
        ConfigError: If the directory holds something that is no comparison, or its runs have other settings.
    """
    if not (directory / FILE).exists():
        _require_own(directory)
        directory.mkdir(parents=True, exist_ok=True)
        atomic_write(directory / FILE, json.dumps(_signed(declaration, at=_now()), indent=2).encode() + b"\n")
        return declared(directory)
    known = declared(directory)
    require_amendable(known.current, declaration, directory)
    if declaration.sha256() != known.current.sha256():
        changed = sorted(differences(known.current.document(), declaration.document()))
        heal_tail(directory / AMENDMENTS)
        more = {"changed": changed, "runs": _runs(directory)}
        append_line(directory / AMENDMENTS, {**more, **_signed(declaration, at=_now())})
    return declared(directory)


def require_amendable(before: Declaration, after: Declaration, directory: Path) -> None:
    """Sees that the runs there are would still be those that are asked for.

    Raises:
        ConfigError: If settings of runs would be others, or would have been searched for otherwise.
    """
    old, new = before.changes, after.changes
    others = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key) and not key.startswith("compare.")]
    others += [] if before.trials == after.trials else ["trials"]
    if others:
        raise ConfigError(
            f"The runs in {directory} were made with other settings",
            got=f"another {', '.join(others)}",
            allowed="other recipes, seeds, baselines and controls, and another compare.*",
            cure="Begin another comparison, with --out DIR",
        )
    if before.search != after.search:
        raise ConfigError(
            f"The settings in {directory} were searched for otherwise, on seeds that nothing else may be said of",
            got=after.search,
            allowed=before.search,
            cure="Leave the seeds of the search out of --seeds, or begin another comparison with --out DIR",
        )


def declared(directory: Path) -> Declared:
    """The declaration of a comparison that is there.

    Raises:
        CheckpointError: If it cannot be read, or was changed by hand.
        ConfigError: If there is none.
    """
    path = directory / FILE
    if not path.is_file():
        raise ConfigError(f"{directory} is no comparison", cure="Begin one with: qgan compare RECIPE --out DIR")
    first = read_json(path)
    lines = (directory / AMENDMENTS).read_bytes() if (directory / AMENDMENTS).exists() else b""
    amendments = []
    for number, line in enumerate(lines[: lines.rfind(b"\n") + 1].splitlines(), start=1):
        where = f"Line {number} of {directory / AMENDMENTS}"
        try:
            document = json.loads(line)
            amendments.append(
                Amendment(document["at"], tuple(document["changed"]), document["runs"], _checked(document, where))
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{where} is damaged", got=error, cure="Restore it from a copy") from None
    return Declared(str(first.get("at")), _checked(first, str(path)), tuple(amendments))


def _signed(declaration: Declaration, *, at: str) -> Json:
    return {"at": at, "sha256": declaration.sha256(), "declaration": declaration.document()}


def _checked(document: Json, where: str) -> Declaration:
    try:
        declaration = validate(Declaration, document.get("declaration", {}))
    except ConfigError as error:
        raise CheckpointError(f"{where} is damaged", got=error, cure="Restore it from a copy") from None
    if declaration.sha256() != document.get("sha256"):
        raise CheckpointError(
            f"{where} does not say what was declared",
            got=f"SHA-256 {declaration.sha256()[:12]}",
            allowed=f"SHA-256 {str(document.get('sha256'))[:12]}",
            cure="Undo what was changed by hand: qgan compare --resume DIR with other options writes an amendment",
        )
    return declaration


def _require_own(directory: Path) -> None:
    if (directory / FILE).exists() or not directory.is_dir():
        return
    if any(path.name != LOCK and not path.match(ASIDE) for path in directory.iterdir()):
        raise ConfigError(
            f"{directory} holds something that is no comparison", cure="Give an empty or a new directory with --out"
        )


def _runs(directory: Path) -> int:
    """How many have begun, to find settings or to be compared."""
    return sum(1 for part in ("tuning", "runs") for _ in (directory / part).rglob("run.json"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
