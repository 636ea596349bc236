"""Energy that the machine itself says it has used: Intel's and AMD's RAPL, NVIDIA's NVML."""

__all__ = ["joules", "used"]

import importlib
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
# Whole packages; what lies within one is counted in it, and so is each package in the platform's own meter.
PACKAGE, NAME = re.compile(r"intel-rapl:\d+"), "package"


def joules(*, gpu: bool = False, root: Path = POWERCAP) -> dict[str, tuple[float, float]]:
    """What each meter reads, and where it begins at 0 again, both in joules; empty where none can be read.

    All that a processor or GPU uses is in it, at rest and for others too. RAPL counts are for root alone on most
    systems (CVE-2020-8694).

    Args:
        gpu: Whether GPUs count.
        root: Where Linux has its power meters.
    """
    found = {}
    for folder in sorted(root.glob("intel-rapl:*")):
        # A file that must not be read is as good as none.
        with suppress(OSError, ValueError):
            if PACKAGE.fullmatch(folder.name) and _text(folder / "name").startswith(NAME):
                micro = [int(_text(folder / name)) for name in ("energy_uj", "max_energy_range_uj")]
                found[folder.name] = (micro[0] / 1e6, micro[1] / 1e6)
    return found | (_of_gpus() if gpu else {})


def used(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> float | None:
    """Joules between two readings, less than one round of any meter apart; None where there is no meter."""
    both = before.keys() & after.keys()
    if not both:
        return None
    return sum((after[name][0] - before[name][0]) % after[name][1] for name in both)


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()


def _of_gpus() -> dict[str, tuple[float, float]]:
    try:
        nvml: Any = importlib.import_module("pynvml")
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
        # In millijoules, since the driver was loaded; it never begins anew.
        read = [nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3 for handle in handles]
    except Exception:
        # No library, no driver, or a GPU that has no meter; each says so in a way of its own.
        return {}
    return {f"gpu:{number}": (value, float("inf")) for number, value in enumerate(read)}
