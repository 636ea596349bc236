"""What comes to the fake, and what it sends."""

__all__ = ["Reply", "Request"]

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs

from qgan._typing import Json


class Request(NamedTuple):
    """As it came; the path begins with the host that was meant."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def one(self, name: str) -> str | None:
        """The value of something in the query."""
        return parse_qs(self.query).get(name, [None])[-1]


@dataclass(frozen=True)
class Reply:
    """What is sent."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Json, status: int = 200) -> "Reply":
        return cls(status, json.dumps(said).encode(), {"Content-Type": "application/json"})

    @classmethod
    def error(cls, status: int, message: str, *, code: int = 0) -> "Reply":
        said = {"code": code, "message": message, "more_info": "", "solution": "This is a fake of the service."}
        return cls.of({"errors": [said], "trace": "fake"}, status)
