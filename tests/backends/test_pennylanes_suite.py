"""PennyLane's own conformance suite for devices, on ours, as its users run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

# How many tests default.qubit skips in PennyLane 0.45.1.
SKIPPED = {"None": 52, "10000": 60}


@pytest.mark.parametrize("device", ["batched.qubit", "primitive.qubit"])
@pytest.mark.parametrize("shots", SKIPPED)
def test_pennylanes_suite_passes(device, shots):
    folder = Path(sys.executable).parent
    # Its own seed, and not that of a plugin of ours, decides what is drawn.
    command = [folder / "pl-device-test", "--device", device, "--shots", shots, "-q", "-p", "no:randomly"]
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    summary = done.stdout.splitlines()[-1]
    assert not re.search(r"\d+ (failed|error)", summary), done.stdout[-4000:]
    passed, skipped = (int(re.search(rf"(\d+) {word}", summary)[1]) for word in ("passed", "skipped"))  # type: ignore[index]
    assert passed > 350
    assert skipped <= SKIPPED[shots]
