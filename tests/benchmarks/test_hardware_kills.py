"""What is told of kills and wrong answers, and where a process may be killed."""

import subprocess
import sys
from typing import Any

from benchmarks import hardware_kills
from benchmarks.evidence import ROOT
from benchmarks.fake_runtime.faults import Status
from benchmarks.fake_runtime.killing import POINTS
from benchmarks.fake_runtime.laboratory import JOBS, Later, Seen


def trial(**changes: Any) -> dict[str, Any]:
    good = {"codes": [-9, 0], "messages": [], "accepted": [1] * JOBS, "fetched": JOBS, "amiss": []}
    return {**good, **changes}


def test_what_is_amiss_is_counted_and_told() -> None:
    twice = trial(codes=[-9, 9, 0], messages=["Error: doubt. Got: x"], accepted=[1, 2], amiss=["key: 2 jobs"])
    kills = {point: [trial(), twice] if point == "intended" else [trial()] for point in POINTS}
    body = hardware_kills._body({"kills": kills, "replies": [{"case": "500", "trials": [trial(codes=[0])] * 3}]})
    assert "5 of 6 good" in body
    assert "| 1 of 2 | killed then 0 or killed then 9 then 0 | 1 or 2 | 6 |" in body
    assert "| 500 | 3 of 3 | 0 | 1 | 6 |" in body
    assert "- `Error: doubt. Got: x`" in body


def test_what_must_be_so_in_the_end() -> None:
    once = {f"{number}": 1 for number in range(JOBS)}
    good = Seen(JOBS, once, once, once, JOBS, [])
    assert good.amiss == []
    assert good._replace(paid={**once, "0": 2}).amiss == ["0: 2 jobs"]
    assert good._replace(paid={**once, "0": 0}).amiss == ["0: 0 jobs"]
    assert good._replace(kept=JOBS - 1).amiss == [f"{JOBS - 1} results of {JOBS}"]
    assert good._replace(keys=JOBS + 1).amiss == [f"{JOBS} results of {JOBS + 1}"]
    assert good._replace(differing=["records.jsonl"]).amiss == ["records.jsonl differs"]


def test_a_fault_can_let_requests_pass() -> None:
    fault = Later("POST", "/jobs$", 2, Status(500), after=2)
    assert [fault.fits("GET", "/jobs"), *(fault.fits("POST", "/jobs") for _ in range(4))] == [False] * 3 + [True] * 2


def test_no_process_is_killed_at_a_point_that_is_none() -> None:
    command = [sys.executable, "-m", "benchmarks.fake_runtime.killing", "http://127.0.0.1:1", "later", "1", "doctor"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "'later'" in done.stderr
    assert all(point in done.stderr for point in POINTS)
