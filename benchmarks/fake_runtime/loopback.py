"""The one thing that is changed around the real client: where what it sends to IBM's hosts goes.

``python -m benchmarks.fake_runtime.loopback URL ARGS...`` is ``qgan ARGS...`` with that change.
"""

__all__ = ["TOKEN", "account_file", "environment", "redirected"]

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from requests import ConnectionError, PreparedRequest, Response
from requests.adapters import HTTPAdapter

from benchmarks.fake_runtime.login import TOKEN, account_file, environment

IBM = "cloud.ibm.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@contextmanager
def redirected(url: str) -> Iterator[None]:
    """Sends to the fake at `url` what this process would send to IBM; with any other host there is no connection.

    Only the address is another one: sessions, adapters, retries, time-outs and headers are the client's own.
    """
    send = HTTPAdapter.send

    def sent(
        adapter: HTTPAdapter, request: PreparedRequest, *args: Any, proxies: Any = None, **kwargs: Any
    ) -> Response:
        # The adapter is that of the address that was meant. A proxy of the machine would not find its own loopback.
        del proxies
        return send(adapter, _readdressed(request, url), *args, **kwargs)

    HTTPAdapter.send = sent  # type: ignore[method-assign]
    try:
        yield
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]


def _readdressed(request: PreparedRequest, url: str) -> PreparedRequest:
    meant = urlsplit(request.url or "")
    host = meant.hostname or ""
    if host in LOOPBACK:
        return request
    if host != IBM and not host.endswith(f".{IBM}"):
        raise ConnectionError(f"with the fake there is no way to {host!r}", request=request)
    new = request.copy()
    new.url = f"{url}/{host}{meant.path}" + (f"?{meant.query}" if meant.query else "")
    return new


def main() -> None:
    """Runs `qgan` with what follows the address of the fake."""
    url, *arguments = sys.argv[1:]
    sys.argv = ["qgan", *arguments]
    from qgan.cli import main as qgan

    with redirected(url):
        qgan()


if __name__ == "__main__":
    main()
