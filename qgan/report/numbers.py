"""Numbers as people read them: three significant digits, and all of a whole number."""

__all__ = ["MINUS", "THIN", "shown"]

from math import floor, log10

DIGITS = 3
# Beyond these, powers of ten.
SMALLEST, LARGEST = 1e-4, 1e7
MINUS, THIN = "\N{MINUS SIGN}", "\N{NARROW NO-BREAK SPACE}"


def shown(value: float | bool | str | None) -> str:
    """A cell's text; without its thin spaces, and with a hyphen for the minus sign, ``float`` reads it again."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return _digits(value).replace(",", THIN).replace("-", MINUS, 1 if value < 0 else 0)


def _digits(value: float) -> str:
    if isinstance(value, int) or value == 0:
        return _whole(value)
    if not SMALLEST <= abs(value) < LARGEST:
        mantissa, exponent = f"{value:.{DIGITS - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    decimals = DIGITS - 1 - floor(log10(abs(float(f"{value:.{DIGITS - 1}e}"))))
    return f"{value:.{decimals}f}" if decimals > 0 else _whole(round(value))


def _whole(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"
