"""The break-even figure keeps its two questions apart."""

from typing import Any

from qgan.report.economy import SIMULATION, TRAINED, WIDER
from qgan.report.figures.economy import break_even


def row(wires: int, clock: float | None, of: str) -> dict[str, Any]:
    return {"wires": wires, "clock": clock, "of": of, "todays_clock": 2857.0}


ROWS = [row(5, 3e6, TRAINED), row(8, 2e5, WIDER), row(4, 4e5, WIDER), row(6, None, WIDER)]


def lines(rows: list[dict[str, Any]]) -> dict[str, tuple[list[float], list[float]]]:
    figure = break_even(rows)
    assert figure is not None
    return {
        str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata()))  # pyright: ignore[reportArgumentType]
        for line in figure.axes[0].get_lines()
    }


def test_the_circuit_is_a_mark_of_its_own_and_no_line_joins_it_with_simulations() -> None:
    found = lines(ROWS)
    assert found["this circuit against the primary opponent"] == ([5], [3e6])
    assert found[f"against {SIMULATION}"] == ([4, 8], [4e5, 2e5])
    assert found["today"][1] == [2857.0, 2857.0]


def test_either_may_be_missing() -> None:
    assert f"against {SIMULATION}" not in lines(ROWS[:1])
    assert "this circuit against the primary opponent" not in lines(ROWS[1:])
    assert break_even([row(5, None, TRAINED)]) is None
