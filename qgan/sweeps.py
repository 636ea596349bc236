"""How a trained generator degrades: the same latents on other backends and with shots, beside the exact simulator."""

__all__ = ["REPEATS", "Setting", "Sweep", "settings_of", "sweep"]

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple, final

from matplotlib.figure import Figure

from qgan._typing import Json
from qgan.backends import resolve
from qgan.backends.facts import BATCHED, FAKE
from qgan.build import build
from qgan.checkpoints import Checkpoint
from qgan.config import RunConfig
from qgan.errors import ConfigError
from qgan.evaluate import References, Score, Shelf
from qgan.experiment import Experiment
from qgan.files import atomic_write
from qgan.objects import Objects
from qgan.pictures import sweep_figure
from qgan.seeding import Key
from qgan.validation import validate

REPEATS, MOST_REPEATS = 5, 1000
MOST_SHOTS = 10_000_000


class Setting(NamedTuple):
    """Where circuits are run, and with how many shots; None is exact."""

    backend: str
    shots: int | None

    def __str__(self) -> str:
        return f"{self.backend}, {'exact' if self.shots is None else f'{self.shots} shots'}"


@final
@dataclass(frozen=True)
class Sweep:
    """What was measured.

    Attributes:
        document: Plain values, as they stand in ``sweep.json``. Each of its ``rows`` has for each metric the ``values``
            of all repeats, their median, lowest and highest, and the same of the ``change`` from the first row, which
            is the exact simulator with the same latents.
    """

    document: Json

    def plot(self) -> Figure:
        """The main metric against shots, a line for each backend, with floor and trivial value."""
        return sweep_figure(self.document)

    def save(self, run: Path) -> Path:
        """Writes ``sweeps/NAME/sweep.json`` and ``sweep.png`` into a run; the same question has the same name.

        Returns:
            That directory.
        """
        asked = {key: value for key, value in self.document.items() if key != "rows"}
        asked["settings"] = [(row["backend"], row["shots"]) for row in self.document["rows"]]
        place = run / "sweeps" / hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]
        place.mkdir(parents=True, exist_ok=True)
        picture = io.BytesIO()
        self.plot().savefig(picture)
        atomic_write(place / "sweep.json", json.dumps(self.document, indent=2, allow_nan=False).encode() + b"\n")
        atomic_write(place / "sweep.png", picture.getvalue())
        return place


def settings_of(own: str, *, backends: Sequence[str], shots: Sequence[int | None]) -> list[Setting]:
    """The exact simulator, and what it is to be compared with: every backend with every number of shots.

    Args:
        own: The run's backend. It is the exact simulator itself, if it is one and has no noise.
        backends: By name; that simulator if there are none.
        shots: None is exact, which is all there is if there are none.

    Raises:
        BackendError: If there is no backend of a name.
        ConfigError: If nothing is asked for, or a number of shots cannot be.
    """
    if not backends and not shots:
        raise ConfigError("There is nothing to sweep over", cure="Name backends, numbers of shots, or both")
    for name in backends:
        resolve(name)
    for each in shots:
        if each is not None and (isinstance(each, bool) or not isinstance(each, int) or not 1 <= each <= MOST_SHOTS):
            allowed = f"1 to {MOST_SHOTS}, or exact"
            raise ConfigError("That number of shots cannot be", got=each, allowed=allowed, cure="Correct it")
    noisy = own.startswith(FAKE) or resolve(own).paid
    reference = Setting(BATCHED if noisy else own, None)
    asked = [Setting(name, each) for name in backends or [reference.backend] for each in shots or [None]]
    return list(dict.fromkeys([reference, *asked]))


def sweep(
    config: RunConfig,
    objects: Objects,
    point: Checkpoint,
    *,
    settings: Sequence[Setting],
    samples: int | None,
    repeats: int = REPEATS,
    told: Callable[[str, int, int], None] | None = None,
) -> Sweep:
    """Evaluates a checkpoint on the test part in each setting, several times, with latents and shots of new seeds.

    The first time has the latents of any evaluation of the run. All objects are made for each setting first, so that
    what cannot work is refused before anything is measured.

    Args:
        config: The run's.
        objects: The user's own.
        point: What is evaluated.
        settings: The reference first.
        samples: On each side; None for as many as the part holds.
        repeats: How many times.
        told: Told what is done now, how many of the parts are done, and of how many.

    Raises:
        BackendError: If a backend is missing, or refuses the circuit.
        ConfigError: If there are too few repeats, or the run has no circuits.
    """
    if not 2 <= repeats <= MOST_REPEATS:
        cure = "Ask for 2 or more: one evaluation has no interval"
        raise ConfigError("That number of repeats cannot be", got=repeats, allowed=f"2 to {MOST_REPEATS}", cure=cure)
    parts, done = len(settings) * (1 + repeats), 0

    def tell(what: str) -> None:
        nonlocal done
        if told is not None:
            told(what, done, parts)
        done += 1

    experiments: list[Experiment] = []
    for setting in settings:
        tell(f"making circuits: {setting}")
        experiments.append(_made(config, objects, point, setting))
    references = Shelf().references(experiments[0].data, config, part="test", n=samples)
    found: list[list[list[Score]]] = []
    for repeat in range(repeats):
        key, scores = Key(config.seed, "test latent", repeat), list[list[Score]]()
        for setting, experiment in zip(settings, experiments, strict=True):
            tell(f"evaluation {repeat + 1} of {repeats}: {setting}")
            scores.append(references.score(experiment.generator.sample(references.n, key)))
        found.append(scores)
    rows = [_row(setting, place, found) for place, setting in enumerate(settings)]
    return Sweep(_document(config, point, references, repeats) | {"rows": rows})


def _made(config: RunConfig, objects: Objects, point: Checkpoint, setting: Setting) -> Experiment:
    document = config.document()
    own = document["backend"]
    # How gradients are found is of no matter here, and may not go with shots.
    kept = {key: own[key] for key in ("c_dtype", "device") if key in own} if own["name"] == setting.backend else {}
    shots = {} if setting.shots is None else {"shots": setting.shots}
    document["backend"] = {"name": setting.backend, **kept, **shots}
    experiment = build(validate(RunConfig, document), objects)
    if not experiment.generator.quantum:
        raise ConfigError(
            "The run has no circuits, so that neither noise nor shots change anything",
            got=f"generator.name = {config.generator.name}",
            cure="Sweep over a run of a quantum generator; qgan evaluate RUN measures this one",
        )
    experiment.state.load_state_dict(point.tensors, point.scalars)
    return experiment


def _document(config: RunConfig, point: Checkpoint, references: References, repeats: int) -> Json:
    return {
        "step": point.step,
        "part": "test",
        "n": references.n,
        "capped": references.capped,
        "resamples": references.resamples,
        "seed": config.seed,
        "metric": config.evaluate.metric,
        "repeats": repeats,
        # That the lowest and the highest of so many have the median of all such evaluations between them.
        "confidence": 1 - 2.0 ** (1 - repeats),
    }


def _row(setting: Setting, place: int, found: list[list[list[Score]]]) -> Json:
    """Of all repeats; ``found`` is by repeat, setting and metric."""
    metrics: Json = {}
    for number, first in enumerate(found[0][place]):
        scores = [repeat[place][number] for repeat in found]
        values = [score.value for score in scores]
        exact = [repeat[0][number].value for repeat in found]
        changes = [
            None if one is None or other is None else one - other for one, other in zip(values, exact, strict=True)
        ]
        spread, change = _spread(values), _spread(changes)
        metrics[first.name] = {
            **{key: known for key, known in first.to_json().items() if key != "name"},
            "values": values,
            **spread,
            "skill": first.skill_of(spread["value"]),
            "change": change,
            "reason": next((score.reason for score in scores if score.reason), None),
        }
    return {"backend": setting.backend, "shots": setting.shots, "metrics": metrics}


def _spread(values: Sequence[float | None]) -> Json:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return {"value": None, "low": None, "high": None}
    return {"value": median(known), "low": min(known), "high": max(known)}
