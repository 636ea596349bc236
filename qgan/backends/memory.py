"""How much memory a circuit needs, and how much there is, found without allocating any."""

__all__ = ["available", "available_on", "control_groups", "human", "needed", "needed_in_torch", "require"]

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from qgan.backends.facts import Facts
from qgan.errors import ResourceError

if TYPE_CHECKING:
    import torch

COMPLEX, REAL = 16, 8
LANES, THREADS = 8, 2


def needed(facts: Facts, n_wires: int, *, batch: int, n_gates: int, sets: int = 1) -> int:
    """Bytes that a forward and backward pass of an exact circuit takes: an estimate.

    Backprop keeps what it needs of every gate: ``batch * 2**n * 16 * (n_gates + 3)``, with 4**n for density matrices.
    Many rows at once without it, eight of a set of weights by eight: a state for each, three more for each of two
    threads, and a table of places. All others keep a few state vectors: the state, the adjoint's bra and ket, a copy,
    the observable. And for each row there are its probabilities and their cotangent.
    """
    if facts.exact == "backprop":
        return batch * (4 if facts.density else 2) ** n_wires * COMPLEX * (n_gates + 3)
    if facts.primitive:
        # Of one job everything comes back together: two shifted circuits for each gate, for each row.
        circuits = batch * (1 + 2 * n_gates)
        return (4 if facts.density else 2) ** n_wires * 6 * COMPLEX + 2**n_wires * circuits * (COMPLEX + REAL)
    if not facts.broadcasting:
        return 2**n_wires * (6 * COMPLEX + 2 * batch * REAL)
    states = sets * -(-batch // (sets * LANES)) * LANES + 3 * LANES * THREADS
    return 2**n_wires * (states * COMPLEX + (2 * batch + 1) * REAL)


def needed_in_torch(n_wires: int, *, batch: int, n_gates: int) -> int:
    """Bytes that batched.qubit takes on a device of torch's: an estimate.

    A dozen states for each row, its probabilities and their cotangent, tables of places, and for each gate what makes
    the matrices of a row: the most of all with few wires.
    """
    tables = 2 * REAL * n_gates
    return 2**n_wires * (batch * (12 * COMPLEX + 2 * REAL) + tables) + batch * n_gates * 6 * 1024


def require(need: int, n_wires: int) -> None:
    """Refuses an allocation that would not fit, before it is made.

    Raises:
        ResourceError: If it would not.
    """
    if need > (have := available()):
        raise ResourceError(
            f"The states of {n_wires} qubits need too much memory",
            got=f"a need of {human(need)}",
            allowed=f"{human(have)}, which is what is available",
            cure="Use fewer qubits or a smaller batch",
        )


def available() -> int:
    """Bytes that this process may still take: what is free, its address space and its control groups allow."""
    return max(0, min([psutil.virtual_memory().available, *_address_space(), *control_groups()]))


def available_on(device: "torch.device") -> int:
    """Bytes that this process may still take on a device of torch's."""
    if device.type != "cuda":
        return available()
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    # What torch keeps for itself is there for us.
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def human(n_bytes: int) -> str:
    """Bytes in binary units, for example ``"1.5 GiB"``."""
    size, units = float(n_bytes), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:.3g} {units[0]}" if size < 1000 else f"{size:.0f} {units[0]}"


def _address_space() -> Iterator[int]:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield limit - psutil.Process().memory_info().vms


def control_groups(root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """What each control group of this process that has a limit still allows, in bytes.

    Args:
        root: Where the groups are mounted.
        membership: The file that says which this process is in.
    """
    for folder in _folders(root, membership):
        for limit_name, used_name, cache_name in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            try:
                limit, used = (folder / limit_name).read_text().strip(), int((folder / used_name).read_text())
                statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            except (OSError, ValueError):
                continue
            if limit.isdigit():
                # Cached files count as used, and yet give way.
                yield int(limit) - used + int(statistics.get(cache_name, 0))


def _folders(root: Path, membership: Path) -> Iterator[Path]:
    """The folder of every group this process is in, and of those around it."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            mount = root / controllers
            group = mount / path.lstrip("/")
            yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(mount))
