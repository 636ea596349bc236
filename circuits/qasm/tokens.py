"""OpenQASM text as words and signs, each with its line."""

__all__ = ["Token", "Tokens"]

import re
from typing import NamedTuple, final

from circuits._checks import refusal

_PATTERN = re.compile(
    r"""(?P<nothing>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<string>"[^"\n]*")
    |(?P<sign>\*\*|[-+*/(){}\[\],;@=:<>])""",
    re.DOTALL | re.VERBOSE,
)
LONGEST = 64


class Token(NamedTuple):
    """A word or sign.

    Attributes:
        kind: ``"number"``, ``"name"``, ``"string"``, ``"sign"`` or, after the last, ``"end"``.
        text: As it is written.
        line: Counted from 1.
    """

    kind: str
    text: str
    line: int


@final
class Tokens:
    """All of a text, taken one after the other.

    Args:
        text: OpenQASM.
        source: What messages call it.

    Raises:
        ValueError: If it has a character that belongs to nothing.
    """

    def __init__(self, text: str, source: str) -> None:
        self._source, self._tokens, self._next = source, [], 0
        at, line = 0, 1
        while at < len(text):
            found = _PATTERN.match(text, at)
            if found is None or (found.lastgroup != "nothing" and len(found[0]) > LONGEST):
                what = text[at : at + 20].split("\n")[0]
                raise self.wrong(f"'{what}' cannot be read", Token("", what, line), allowed="names, numbers and signs")
            if found.lastgroup != "nothing":
                self._tokens.append(Token(str(found.lastgroup), found[0], line))
            line, at = line + found[0].count("\n"), found.end()
        self._tokens.append(Token("end", "the end of the file", line))

    @property
    def here(self) -> Token:
        """The next one, left where it is."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """The next one; the last is never taken away."""
        token = self.here
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def taken(self, text: str) -> bool:
        """Takes the next one if it is this sign or word."""
        if self.here.text != text or self.here.kind == "string":
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        """Takes this sign or word.

        Raises:
            ValueError: If something else comes.
        """
        if not self.taken(text):
            raise self.wrong(f"'{text}' is missing", self.here, allowed=f"'{text}'")

    def expect_kind(self, kind: str, what: str) -> Token:
        """Takes one of that kind.

        Raises:
            ValueError: If something else comes.
        """
        if self.here.kind != kind:
            raise self.wrong(f"{what} is missing", self.here, allowed=what)
        return self.take()

    def wrong(
        self, what: str, token: Token, *, allowed: object, cure: str = "Correct the file", got: str = ""
    ) -> ValueError:
        """The error to raise, which names file and line."""
        return refusal(f"{self._source}, line {token.line}: {what}", got=got or token.text, allowed=allowed, cure=cure)
