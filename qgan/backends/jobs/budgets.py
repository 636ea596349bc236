"""Budgets as people write them."""

__all__ = ["seconds_of"]

import math
import re

from qgan.errors import ConfigError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds_of(text: str) -> float:
    """Of ``"120s"``, ``"2m"``, ``"0.5h"`` or ``"120"``.

    Raises:
        ConfigError: If it is nothing of that kind.
    """
    found = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(s|m|min|h|)\s*", text)
    seconds = float(found[1]) * UNITS[found[2]] if found else math.nan
    if not seconds > 0:
        raise ConfigError(
            "The budget cannot be used",
            got=text,
            allowed="seconds, minutes or hours of the computer above 0: 120s, 2m, 0.5h",
        )
    return seconds
