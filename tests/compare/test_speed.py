import os
import signal
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare import speed
from qgan.compare.parts import PARTS
from qgan.compare.pipes import Pipe
from qgan.compare.speed import Speed, Timer, Untimed, timed_together
from qgan.compare.stopwatch import Turn, Warm
from qgan.losses import LOSSES

if TYPE_CHECKING:
    from conftest import Maker

WARM = Warm(2, True, {"rest": 1.0}, None)
TURN = Turn(
    steps=3,
    seconds_per_step=1.0,
    cpu_seconds_per_step=0.5,
    parts=dict.fromkeys(PARTS, 0.25),
    samples_per_second=10.0,
    executions=7,
    shots=0,
    seconds=4.0,
    others=0.0,
    joules=None,
    peak_bytes=100,
)

turns = st.lists(
    st.builds(
        lambda step, parts: replace(TURN, seconds_per_step=step, parts=dict(zip(PARTS, parts, strict=True))),
        st.floats(1e-6, 1e3),
        st.tuples(*[st.floats(1e-6, 1e3)] * 4),
    ),
    min_size=1,
    max_size=5,
)


@given(turns)
def test_the_parts_of_a_step_add_up_to_it(taken: list[Turn]) -> None:
    found = speed._speed("it", WARM, taken, 0.0)
    assert sum(found.split.values()) == pytest.approx(found.seconds_per_step)
    assert min(each.seconds_per_step for each in taken) <= found.seconds_per_step
    assert tuple(found.split) == PARTS
    assert found.steps == 3 * len(taken)


def test_one_slow_round_of_three_changes_nothing() -> None:
    slow = replace(TURN, seconds_per_step=50.0, cpu_seconds_per_step=9.0, samples_per_second=0.1, peak_bytes=120)
    usual, found = (speed._speed("it", WARM, taken, 0.0) for taken in ([TURN] * 3, [TURN, slow, TURN]))
    assert replace(found, peak_bytes=100) == usual


def test_who_else_was_at_the_machine_is_said() -> None:
    assert speed._speed("it", WARM, [TURN], 3.0).contended is None
    busy = speed._speed("it", WARM, [TURN, replace(TURN, others=6.0)], 0.0)
    assert busy.contended == f"other processes used 0.8 of {psutil.cpu_count()} cores meanwhile"


def test_energy_is_there_where_it_was_measured() -> None:
    assert speed._speed("it", WARM, [TURN], 0.0).joules_per_step is None
    measured = [replace(TURN, joules=each) for each in (1.0, 8.0, 3.0)]
    assert speed._speed("it", WARM, measured, 0.0).joules_per_step == 3.0


# A loss that only a plugin knows.
PLUGIN = "from qgan.losses import LOSSES; LOSSES['own'] = LOSSES['non-saturating']"


def test_models_take_turns_and_one_that_fails_is_told_of(
    make: "Maker",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    new_children: "Callable[[], list[psutil.Process]]",
) -> None:
    order: list[str] = []
    own = Timer.turn

    def turn(self: Timer, seconds: float) -> Turn:
        order.append(self._order["config"]["generator"]["name"])
        return own(self, seconds)

    (tmp_path / "own_loss.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(LOSSES, "own", LOSSES["non-saturating"])
    monkeypatch.setattr(Timer, "turn", turn)
    wild = make.config(generator__name="low-rank-mlp", optimizer__generator__lr=1e30, optimizer__discriminator__lr=1e30)
    quantum = make.config(generator={"name": "patch", "n_wires": 5, "layers": 1}, train__steps=2)
    models = {"subject": quantum, "wild": wild, "mlp": make.config(generator__name="mlp", loss__name="own")}
    found = timed_together(models, rounds=2, seconds=0.1, plugins=["own_loss"])
    assert order == ["patch", "low-rank-mlp", "mlp", "patch", "mlp"]
    speeds = {model: each for model, each in found.items() if isinstance(each, Speed)}
    failed = {model: each.why for model, each in found.items() if isinstance(each, Untimed)}
    assert list(speeds) == ["subject", "mlp"]
    assert list(failed) == ["wild"]
    assert "not finite" in failed["wild"] or "is nan" in failed["wild"] or "is inf" in failed["wild"]
    assert speeds["subject"].compiled
    assert speeds["subject"].executions == 48
    assert speeds["mlp"].compiled is None
    for model, each in speeds.items():
        assert each.model == model
        assert each.threads == 1
        assert sum(each.split.values()) == pytest.approx(each.seconds_per_step)
        assert each.operations["discriminator"] > 0
    assert new_children() == []


class Planted:
    """A pipe to no process, which says what one would; there is one at a time."""

    begun = open = 0

    def __init__(self, module: str) -> None:
        assert Planted.open == 0
        assert module == "qgan.compare.timer"
        Planted.begun, Planted.open = Planted.begun + 1, 1
        self._answers = [asdict(WARM), asdict(TURN)]

    def send(self, order: dict[str, Any]) -> None:
        assert order.keys() == ({"config", "plugins"} if len(self._answers) == 2 else {"seconds"})

    def hear(self) -> list[dict[str, Any]]:
        return [self._answers.pop(0)]

    def kill(self) -> None:
        Planted.open = 0

    def bury(self) -> tuple[int, str]:
        assert Planted.open == 0
        return 0, ""


def test_where_there_is_no_room_processes_end_after_their_turns(make: "Maker", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "Pipe", Planted)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("", (), {"available": 0}))
    found = timed_together({"it": make.config(), "other": make.config()}, rounds=2, seconds=0.0)
    assert Planted.begun == 4
    assert {each.steps for each in found.values() if isinstance(each, Speed)} == {6}


def test_a_process_that_dies_is_a_model_that_cannot_be_timed(
    make: "Maker", monkeypatch: pytest.MonkeyPatch, new_children: "Callable[[], list[psutil.Process]]"
) -> None:
    def killed(module: str) -> Pipe:
        pipe = Pipe(module)
        os.kill(pipe.pid, signal.SIGKILL)
        return pipe

    monkeypatch.setattr(speed, "Pipe", killed)
    found = timed_together({"it": make.config()}, rounds=2, seconds=0.0)
    assert found == {"it": Untimed("its process ended with exit code -9")}
    assert new_children() == []
