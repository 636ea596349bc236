"""The fake's own server, on this machine and for nobody else."""

__all__ = ["FakeRuntime"]

import sys
import threading
import traceback
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self, cast, final
from urllib.parse import unquote, urlsplit

from benchmarks.fake_runtime.computers import computer
from benchmarks.fake_runtime.faults import Drop, End, Fault, Hang, Status, taken
from benchmarks.fake_runtime.jobs import Job, Jobs
from benchmarks.fake_runtime.messages import Reply, Request
from benchmarks.fake_runtime.routes import Context, reply
from benchmarks.fake_runtime.sessions import Sessions


@final
class FakeRuntime:
    """A fake of IBM Quantum's Runtime service: it simulates, and never claims to be a quantum computer.

    It serves while it is a context. All attributes may be changed meanwhile.

    Args:
        folder: Where its jobs are kept. One started there again knows them.
        computers: Qiskit's fakes, such as "manila" and "torino".
        port: 0 for a free one.

    Attributes:
        queue_seconds: Until a job runs.
        running_seconds: From then until it has ended.
        queue_polls: How often a job is looked at until it runs. Both this and the seconds have to have passed.
        running_polls: How often it is looked at from then until it has ended.
        listing_lag_seconds: Until an accepted job is in listings.
        faults: What goes wrong with requests; the first that fits is used.
        ends: How the next accepted jobs end, each used once; "done" if there are none.
        requests: The method and the path, which begins with the host that was meant, of all requests.
        seen_headers: Those of each of them.
        problems: What failed in the fake itself.
        url: Of the server.
    """

    def __init__(self, folder: Path, computers: Sequence[str] = ("manila",), *, port: int = 0) -> None:
        self.queue_seconds = self.running_seconds = 0.0
        self.queue_polls = self.running_polls = 0
        self.listing_lag_seconds = 0.0
        self.faults = list[Fault]()
        self.ends = list[End]()
        self.requests = list[tuple[str, str]]()
        self.seen_headers = list[dict[str, str]]()
        self.problems = list[str]()
        self._jobs = Jobs(folder, self)
        self._computers = {each.name: each for each in map(computer, computers)}
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.sessions = Sessions()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def jobs(self) -> list[Job]:
        """All that were accepted, the oldest first."""
        return self._jobs.all()

    def answer(self, request: Request) -> Reply | None:
        """What is sent to a request; None where the connection is closed without a word."""
        with self._lock:
            self.requests.append((request.method, request.path))
            self.seen_headers.append(dict(request.headers))
            fault = taken(self.faults, request.method, request.path)
        if fault is not None and not fault.accepts:
            true = None
        else:
            context = Context(self._jobs, self._computers, self.ends, self.listing_lag_seconds, self.sessions)
            true = reply(request, context)
        match fault:
            case Status(status, _, retry_after):
                said = Reply.error(status, f"The fake was told to say {status}.", code=status)
                wait = {} if retry_after is None else {"Retry-After": str(retry_after)}
                return Reply(said.status, said.body, {**said.headers, **wait})
            case Drop():
                return None
            case Hang(seconds):
                self._closing.wait(seconds)
                return None
            case None:
                return true


@final
class _Server(ThreadingHTTPServer):
    """Joins the threads of all requests when it is closed."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], fake: FakeRuntime) -> None:
        self.fake = fake
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Whoever asked may have been killed."""
        if not isinstance(sys.exception(), OSError):
            self.fake.problems.append(traceback.format_exc())


@final
class _Handler(BaseHTTPRequestHandler):
    """One connection for each request: none is left open when a server stops."""

    # Seconds for a client to send what it announced.
    timeout = 60

    def _any(self) -> None:
        fake, split = cast(_Server, self.server).fake, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, unquote(split.path), split.query, dict(self.headers.items()), body)
        try:
            said = fake.answer(request)
        except Exception:
            fake.problems.append(traceback.format_exc())
            said = Reply.error(500, "The fake itself failed.")
        if said is None:
            return
        try:
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)
        except ConnectionError:
            # Whoever asked was killed, or has given up.
            return

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it is all in ``requests``."""
