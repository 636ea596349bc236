import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qgan import opening
from qgan.compare.probe import Pace, estimate
from qgan.errors import DivergedError

if TYPE_CHECKING:
    from conftest import Maker


@pytest.mark.parametrize("changes", [{"train__steps": 60}, {"train__steps": 60, "evaluate__every": 0}])
def test_the_bytes_of_a_run_are_those_it_will_take(
    make: "Maker", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, int]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "probes"))
    (tmp_path / "probes").mkdir()
    config = make.config(**changes)
    expected = estimate(config)
    session = opening.begin(config, out=tmp_path)
    list(session.records())
    real = sum(file.stat().st_size for file in session.run.path.rglob("*") if file.is_file())
    # Numbers are not all of one length.
    assert expected.bytes == pytest.approx(real, rel=0.1)
    assert list((tmp_path / "probes").iterdir()) == []


def test_more_steps_take_longer_by_what_a_step_takes(make: "Maker", monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock of its own, where the clock is looked at as often in either case."""
    now = iter(range(10**9))
    for place in ("qgan.compare.probe", "qgan.session"):
        monkeypatch.setattr(f"{place}.perf_counter", lambda: float(next(now)))
    few, many = (estimate(make.config(train__steps=steps, evaluate__every=0)) for steps in (100, 200))
    assert few.seconds_per_step == many.seconds_per_step > 0
    more = many.seconds - few.seconds - 100 * few.seconds_per_step
    assert 0 <= more <= 25 * 10  # what the checkpoints take, of which there are 25 more


def test_a_run_without_steps_takes_what_beginning_takes(make: "Maker") -> None:
    nothing = estimate(make.config(train__steps=0))
    assert nothing.seconds_per_step == 0
    assert nothing.seconds > 0
    assert nothing.bytes > 0


def test_a_pace_is_of_real_steps(make: "Maker") -> None:
    pace = Pace(make.config())
    assert pace.steps_per_second(0.05) > 0
    assert pace.steps_per_second(0.0) > 0
    with pytest.raises(DivergedError):
        Pace(make.config(optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30)).steps_per_second(60.0)
