"""What our PennyLane devices have in common."""

__all__ = ["deferred", "generator_of"]

from dataclasses import replace
from typing import Any

import numpy as np
from pennylane.devices import Device, ExecutionConfig
from pennylane.exceptions import DeviceError


def generator_of(seed: Any) -> np.random.Generator:
    """Of what is drawn; ``"global"`` takes a seed from NumPy's global stream, as PennyLane's devices do."""
    drawn: Any = np.random.randint(2**31 - 1) if isinstance(seed, str) else seed  # noqa: NPY002
    return np.random.default_rng(drawn)


def deferred(device: Device, config: ExecutionConfig | None) -> ExecutionConfig:
    """A configuration in which measurements inside of a circuit are deferred to its end.

    Raises:
        DeviceError: If something else is asked of them, or the device is given an option: it has none.
    """
    config = config or ExecutionConfig()
    measuring: Any = config.mcm_config
    if measuring.mcm_method not in (None, "deferred"):
        raise DeviceError(f"mcm_method {measuring.mcm_method} is not supported on {device.name}, use 'deferred'")
    for option in config.device_options:
        raise DeviceError(f"device option {option} not present on {device}")
    return replace(config, mcm_config=replace(measuring, mcm_method="deferred"))
