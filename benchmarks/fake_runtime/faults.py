"""What goes wrong on purpose: between the client and the fake, or with a job that was accepted."""

__all__ = ["ENDS", "Drop", "End", "Fault", "Hang", "Status", "What", "taken"]

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

# How a job ends. From "missing_pub" on it is done, and what is fetched of it is not what was asked for.
End = Literal["done", "error", "cancelled", "max_time", "missing_pub", "fewer_shots", "corrupt", "gone"]
ENDS: tuple[End, ...] = get_args(End)


@dataclass(frozen=True)
class Status:
    """Another status than the true one.

    Args:
        status: Such as 503.
        accepts: Whether what was asked for is done nevertheless.
        retry_after: Seconds, in the header of that name.
    """

    status: int
    accepts: bool = False
    retry_after: int | None = None


@dataclass(frozen=True)
class Drop:
    """The connection is closed after the request was read, without any reply."""

    accepts: bool = False


@dataclass(frozen=True)
class Hang:
    """The true reply, if any, comes when the client has long given up: after that, the connection is closed."""

    seconds: float
    accepts: bool = True


What = Status | Drop | Hang


@dataclass
class Fault:
    """A rule for some of the requests.

    Args:
        method: Such as "POST"; "" for all.
        path_regex: Searched for in the path, which begins with the host that was meant and has no query.
        times: How many more requests it is for.
        what: Happens to them.
    """

    method: str
    path_regex: str
    times: int
    what: What

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and bool(re.search(self.path_regex, path))


def taken(faults: Sequence[Fault], method: str, path: str) -> What | None:
    """The first that fits, which is then used once."""
    for each in faults:
        if each.fits(method, path):
            each.times -= 1
            return each.what
    return None
