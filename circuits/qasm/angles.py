"""Angles as they are written: numbers, π and parameters, joined by + - * / ** and parentheses."""

__all__ = ["Angle", "Angles"]

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, final

from circuits.qasm.tokens import Token, Tokens

# A number, or what makes one of the values of the parameters.
Angle: TypeAlias = int | float | Callable[[Mapping[str, Any]], Any]

CONSTANTS = {"pi": math.pi, "π": math.pi, "tau": math.tau, "τ": math.tau, "euler": math.e, "ℇ": math.e}
DEEPEST, LONGEST = 50, 200
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}


@final
class Angles:
    """Reads angles from tokens.

    Args:
        tokens: Where the next angle is.
        parameters: The names that have been declared so far; added to from outside.
    """

    def __init__(self, tokens: Tokens, parameters: Mapping[str, Token]) -> None:
        self._tokens, self._parameters, self.used = tokens, parameters, set[str]()
        self._joins = 0

    def read(self) -> Angle:
        """The next angle, radians; numbers are worked out and finite.

        Raises:
            ValueError: If it cannot be read, names what is not declared, or is not finite.
        """
        first, self._joins = self._tokens.here, 0
        found = self._sum(0)
        return found if callable(found) else self._real(found, first)

    def _sum(self, depth: int) -> Angle:
        value = self._product(depth)
        while (sign := self._tokens.here).text in ("+", "-"):
            self._tokens.take()
            value = self._joined(sign, value, self._product(depth))
        return value

    def _product(self, depth: int) -> Angle:
        value = self._signed(depth)
        while (sign := self._tokens.here).text in ("*", "/"):
            self._tokens.take()
            value = self._joined(sign, value, self._signed(depth))
        return value

    def _signed(self, depth: int) -> Angle:
        negative = False
        while (sign := self._tokens.here).text in ("+", "-"):
            self._tokens.take()
            negative ^= sign.text == "-"
        value = self._power(depth)
        return self._joined(sign._replace(text="*"), -1, value) if negative else value

    def _power(self, depth: int) -> Angle:
        base = self._atom(depth)
        if (sign := self._tokens.here).text != "**":
            return base
        self._tokens.take()
        exponent = self._signed(depth + 1)
        if callable(exponent):
            raise self._tokens.wrong("A parameter is an exponent", sign, allowed="a number", cure="Write it otherwise")
        return self._joined(sign, base, float(self._real(exponent, sign)))

    def _atom(self, depth: int) -> Angle:
        token = self._tokens.take()
        if depth > DEEPEST:
            raise self._tokens.wrong("An angle is nested too deeply", token, allowed=f"{DEEPEST} parentheses")
        if token.text == "(" and token.kind == "sign":
            value = self._sum(depth + 1)
            self._tokens.expect(")")
            return value
        if token.kind == "number":
            return int(token.text) if token.text.isdigit() else float(token.text)
        if token.text in CONSTANTS:
            return CONSTANTS[token.text]
        if token.text in self._parameters:
            self.used.add(token.text)
            return operator.itemgetter(token.text)
        if token.kind == "name":
            raise self._tokens.wrong(
                f"The parameter '{token.text}' is not declared",
                token,
                allowed=", ".join([*self._parameters, *CONSTANTS]),
                cure=f"Declare it before: input float {token.text};",
            )
        raise self._tokens.wrong("An angle is missing", token, allowed="numbers, pi, parameters and + - * / ** ( )")

    def _joined(self, sign: Token, left: Angle, right: Angle) -> Angle:
        join = _SIGNS[sign.text]
        self._joins += 1
        if self._joins > LONGEST:
            raise self._tokens.wrong("An angle is too long", sign, allowed=f"{LONGEST} signs")
        if callable(left) or callable(right):
            one, other = (each if callable(each) else self._real(each, sign) for each in (left, right))
            return lambda values: join(_value(one, values), _value(other, values))
        if sign.text == "/" and isinstance(left, int) and isinstance(right, int):
            # OpenQASM 3 drops the remainder, which is hardly ever meant, and OpenQASM 2 keeps it.
            raise self._tokens.wrong(
                "An integer is divided by an integer", sign, got=f"{left}/{right}", allowed="a decimal point in one",
                cure=f"Write {left}.0/{right}",
            )  # fmt: skip
        try:
            value = join(float(left) if sign.text == "**" else left, right)
        except ArithmeticError as error:
            what = "An angle cannot be worked out"
            raise self._tokens.wrong(what, sign, got=str(error), allowed="finite numbers") from error
        return value if isinstance(value, int) else self._real(value, sign)

    def _real(self, value: Any, token: Token) -> float:
        try:
            if not isinstance(value, complex) and math.isfinite(number := float(value)):
                return number
        except OverflowError:
            pass
        raise self._tokens.wrong("An angle is not a finite number", token, allowed="finite numbers")


def _value(angle: Angle, values: Mapping[str, Any]) -> Any:
    return angle(values) if callable(angle) else angle
