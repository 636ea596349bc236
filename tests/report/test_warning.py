"""What a reader has to know before believing a page: of times, one line for each reason."""

from dataclasses import replace
from pathlib import Path

from qgan.compare.comparison import Comparison
from qgan.compare.standings import standings
from qgan.report.warning import warnings_of


def test_models_that_could_not_be_timed_say_why(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    untimed = replace(compared, untimed={"mlp": "Out of memory."})
    assert warnings_of(untimed, standings(untimed))[-1] == "mlp could not be timed: Out of memory."
    assert not any("could not be timed" in each for each in warnings_of(compared, standings(compared)))


def test_a_busy_machine_is_one_line_for_each_reason(comparison: Path) -> None:
    (compared,) = Comparison(comparison).recipes
    first, *others = compared.speed
    assert others
    speed = {name: replace(each, contended="much was done") for name, each in compared.speed.items()}
    speed[first] = replace(speed[first], contended="more was done")
    busy = replace(compared, speed=speed)
    found = [each for each in warnings_of(busy, standings(busy)) if "busy machine" in each]
    assert found == [
        f"The times of {first} may be those of a busy machine: more was done.",
        f"The times of {', '.join(others)} may be those of a busy machine: much was done.",
    ]
