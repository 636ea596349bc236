"""How IBM's client speaks to its service: no answer is waited for without end, and no job sent again by itself."""

__all__ = ["Transport", "within"]

import threading
from collections.abc import Callable
from typing import Any, TypeVar, final

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from qgan.errors import JobError

T = TypeVar("T")
CONNECT = 5.0


@final
class Transport(HTTPAdapter):
    """In place of the client's own, which sends submissions up to six times and waits for answers for ever.

    Args:
        answer: Seconds after which an answer is given up.

    Attributes:
        posts: Submissions so far.
        refusal: The status that the last submission was answered with, if it was.
        status: That the last request was answered with, after it was tried again; None where no answer came.
        retry_after: Seconds after which that may be sent again, if it was said.
        failures: Requests so far that were refused, or not answered.
    """

    def __init__(self, answer: float) -> None:
        again = Retry(
            total=2,
            backoff_factor=0.3,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods={"GET"},
            raise_on_status=False,
            # Whoever waits for that can be interrupted, and gives up at some time.
            respect_retry_after_header=False,
        )
        super().__init__(max_retries=again)
        self.posts = self.failures = 0
        self.refusal: int | None = None
        self.status: int | None = None
        self.retry_after: float | None = None
        self._answer = answer

    def serve(self, client: Any) -> None:
        """Takes over all of a client's connections."""
        for each in {id(api): api for api in (client._active_api_client, *client._api_clients.values())}.values():
            each._session.mount("http://", self)
            each._session.mount("https://", self)

    def send(self, request: PreparedRequest, *args: Any, **named: Any) -> Response:
        """See requests; with our own time limit."""
        named["timeout"] = (CONNECT, self._answer)
        submission = request.method == "POST" and str(request.path_url).rstrip("/").endswith("/jobs")
        self.status = self.retry_after = None
        if submission:
            self.posts, self.refusal = self.posts + 1, None
        self.failures += 1
        response = super().send(request, *args, **named)
        self.status = response.status_code
        self.failures -= self.status < 400
        said = response.headers.get("Retry-After", "")
        self.retry_after = float(said) if said.isascii() and said.isdigit() else None
        if submission and response.status_code >= 400:
            self.refusal = response.status_code
        return response


def within(seconds: float, work: Callable[[], T]) -> T:
    """What a piece of work gives, if it is done in that time; otherwise it is left to itself.

    Raises:
        JobError: If it is not.
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise JobError("IBM Quantum does not answer", got=f"nothing in {seconds:g} s", cure="Go on later")
    return found[0]
