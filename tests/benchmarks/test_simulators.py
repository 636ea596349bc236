"""The table of simulators says what was measured, and does not call another result the same."""

from benchmarks.cells import KINDS, Cell, Timed, operations
from benchmarks.peers.environments import PEERS, start
from benchmarks.scaling import THREADS
from benchmarks.simulators import _body, best_compiled
from benchmarks.simulators_plot import draw
from benchmarks.turns import differs


def row(kind: str, **ratios: float) -> dict:
    peers: dict = {name.replace("_", "."): {"ms": [3.0 * ratio], "ratio": ratio} for name, ratio in ratios.items()}
    peers["qiskit-ml"] = {"problem": "it is not here"}
    return {"circuit": kind, "wires": 5, "layers": 6, "batch": 32, "ms": [3.0], "peers": peers}


def test_the_best_compiled_peer_is_none_of_pennylanes_devices() -> None:
    assert best_compiled(row("A", default_qubit=2.0, deepquantum=9.0)) == ("deepquantum", 9.0)
    assert best_compiled(row("A", default_qubit=2.0)) is None


def test_what_was_asked_for_stands_beside_what_was_reached() -> None:
    rows = [row(kind, default_qubit=250.0, lightning_qubit=999.0, deepquantum=7.5) for kind in KINDS]
    text = _body({"threads": THREADS, "rows": rows})
    assert "| 5, 6, 32 | 250 (300) | 999 (1000) | 7.5 (10) | 7.5 (8) | 7.5 (8) |" in text
    assert "it is not here" in text


def test_the_picture_is_drawn_of_whatever_was_measured(tmp_path) -> None:
    rows = [row(kind, deepquantum=7.5) for kind in KINDS]
    draw(rows, {("B", "5, 6, 32"): 7.5}, tmp_path / "simulators.png")
    assert (tmp_path / "simulators.png").stat().st_size > 10_000


def test_pennylanes_devices_run_the_same_circuits() -> None:
    cell = Cell(3, 2, 4)
    ours = {kind: Timed.of(kind, cell, c_dtype="complex128").check() for kind in KINDS}
    for name in ("default.qubit", "lightning.qubit"):
        with start(PEERS[name], 1) as worker:
            for kind in KINDS:
                assert not differs(worker.prepare(kind, *cell)["check"], ours[kind]), (kind, name)


def test_counted_operations_grow_with_the_state() -> None:
    small, large = (operations(Timed.of("A", Cell(n, 6, 8)).plan, 8) for n in (6, 8))
    # Four times the amplitudes, and a third more rotations.
    assert 4 < large / small < 6
