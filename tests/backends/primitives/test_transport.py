"""Submissions are sent once, whatever is answered; questions are asked again; nothing is waited for without end."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import requests

from qgan.backends.primitives.transport import Transport, within
from qgan.errors import JobError


class Server(ThreadingHTTPServer):
    """Answers with what it was told, and with 200 when nothing is left of that."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.seen, self.released = [], [], threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self):
        self.server.seen.append((self.command, self.path))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        if status == "silence":
            self.server.released.wait(20)
            return
        if status == "hang up":
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {"Content-Length": "2", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, format, *args):
        pass


@pytest.fixture
def server():
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.released.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def client():
    """A session of its own for each kind of request, as IBM's client has them."""
    transport = Transport(0.5)
    first, second = (SimpleNamespace(_session=requests.Session()) for _ in range(2))
    transport.serve(SimpleNamespace(_active_api_client=first, _api_clients={"one": first, "two": second}))
    yield SimpleNamespace(transport=transport, first=first._session, second=second._session)
    for api in (first, second):
        api._session.close()


JOBS = "/api/v1/jobs"


@pytest.mark.parametrize("status", [400, 401, 409, 429, 500, 502, 503, 504])
def test_a_submission_is_sent_once_whatever_is_answered(server, client, status):
    server.answers = [(status, {})] * 9
    found = client.first.post(server.url + JOBS, json={})
    assert found.status_code == status
    assert server.seen == [("POST", JOBS)]
    assert (client.transport.posts, client.transport.refusal, client.transport.retry_after) == (1, status, None)


@pytest.mark.parametrize("how", ["silence", "hang up"])
def test_a_submission_that_is_not_answered_is_sent_once_and_not_refused(server, client, how):
    server.answers = [(429, {}), (how, {}), (how, {})]
    client.first.post(server.url + JOBS, json={})
    began = time.monotonic()
    with pytest.raises(requests.exceptions.RequestException):
        client.first.post(server.url + JOBS, json={})
    assert time.monotonic() - began < 10
    assert len(server.seen) == 2
    assert (client.transport.posts, client.transport.refusal) == (2, None)


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7.0), ("0", 0.0), ("soon", None), ("", None), ("-1", None), ("\xb2", None)]
)
def test_when_it_may_be_sent_again_is_heard(server, client, said, seconds):
    server.answers = [(429, {"Retry-After": said})]
    client.first.post(server.url + JOBS, json={})
    assert client.transport.retry_after == seconds
    client.first.post(server.url + JOBS, json={})
    assert (client.transport.refusal, client.transport.retry_after) == (None, None)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_question_is_asked_again(server, client, status):
    server.answers = [(status, {}), (status, {})]
    assert client.second.get(server.url + JOBS).status_code == 200
    assert len(server.seen) == 3
    assert client.transport.posts == 0
    assert client.transport.refusal is None


def test_other_posts_are_no_submissions(server, client):
    server.answers = [(500, {}), (409, {})]
    client.first.post(server.url + JOBS + "/one/cancel")
    client.first.post(server.url + "/api/v1/sessions")
    assert len(server.seen) == 2
    assert (client.transport.posts, client.transport.refusal) == (0, None)


def test_the_time_limit_is_ours_whatever_the_client_says(server, client):
    server.answers = [("silence", {})]
    began = time.monotonic()
    with pytest.raises(requests.exceptions.RequestException):
        client.first.post(server.url + JOBS, json={}, timeout=1000)
    assert 0.4 < time.monotonic() - began < 10


def test_bodies_go_through_as_they_are(server, client):
    assert client.first.post(server.url + JOBS, data=json.dumps({"a": 1})).json() == {}


def test_work_that_is_done_in_time_gives_what_it_gives():
    assert within(5, lambda: 3) == 3
    assert within(5, lambda: None) is None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_it_raises_is_raised(error):
    def fail():
        raise error("no")

    with pytest.raises(error, match="no"):
        within(5, fail)


def test_work_that_takes_too_long_is_left_to_itself():
    released = threading.Event()
    began = time.monotonic()
    with pytest.raises(JobError, match="does not answer") as caught:
        within(0.05, lambda: released.wait(20))
    released.set()
    assert time.monotonic() - began < 10
    assert caught.value.exit_code == 8
    assert caught.value.got == "nothing in 0.05 s"
