"""What a comparison will take: runs by what they are worth, and references once for each seed."""

import pytest

from qgan.compare.forecast import forecast
from qgan.compare.planning import declaration_of
from qgan.compare.probe import Estimate
from qgan.evaluate import Shelf

REFERENCES, RUN, SIZE = 10.0, 2.0, 100


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[Shelf]:
    """The shelves of all probes; whoever finds his empty takes longer."""
    seen: list[Shelf] = []

    def estimate(config: object, *, plugins: object, shelf: Shelf) -> Estimate:  # noqa: ARG001
        seconds = RUN if any(shelf is each for each in seen) else RUN + REFERENCES
        seen.append(shelf)
        return Estimate(0.1, seconds, SIZE, 1.0)

    monkeypatch.setattr("qgan.compare.forecast.estimate", estimate)
    return seen


@pytest.mark.parametrize("trials", [0, 8])
def test_seconds_are_those_of_runs_and_of_references(probed: list[Shelf], trials: int) -> None:
    declared = declaration_of(
        ["bimodal"], seeds=(0, 1, 2), baselines=("mlp",), controls=("untrained", "frozen"), trials=trials, changes={}
    )
    found = forecast(declared, workers=2)
    models = {each.model: each for each in found.models}
    # Eight settings for a quarter of the steps, two of them for all.
    searched, worth = (10, 4.0) if trials else (0, 0.0)
    assert {name: each.runs for name, each in models.items()} == {
        "subject": 3 + searched,
        "mlp": 3 + searched,
        "untrained": 3,
        "frozen": 0,
    }
    assert {name: each.seconds for name, each in models.items()} == {
        "subject": RUN,
        "mlp": RUN,
        "untrained": RUN,
        "frozen": 0.0,
    }
    assert models["mlp"].all_seconds == RUN * (3 + worth)
    assert found.seconds == RUN * (2 * (3 + worth) + 3) / 2 + 3 * REFERENCES
    assert found.bytes == SIZE * (2 * (3 + searched) + 3)
    # One more, of which nothing is counted, as it loads what others find loaded.
    assert len(set(map(id, probed))) == 2
