"""IBM's computers by the real client, against a fake of their service that is in trouble."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pennylane as qml
import pytest

from benchmarks.fake_runtime import loopback
from benchmarks.fake_runtime.faults import Drop, End, Fault, Hang, Status, What
from benchmarks.fake_runtime.loopback import TOKEN, environment, redirected
from benchmarks.fake_runtime.server import FakeRuntime
from qgan.backends.jobs.desk import Desk, Order
from qgan.backends.jobs.journal import Journal
from qgan.backends.jobs.patience import Patience
from qgan.backends.jobs.service import Unsure
from qgan.backends.primitives import ibm
from qgan.backends.primitives.ibm import RuntimeService
from qgan.backends.primitives.templates import Template, template_of
from qgan.errors import BackendError, ConfigError, DoubtError, JobError, LoginError
from qgan.seeding import Key

HURRIED = Patience(first=0.01, most=0.05, unreachable=20.0, doubt=0.3, answer=20.0, slice=0.01)
POST, JOB, SHOTS = "/jobs$", r"/jobs/\w+$", 50
# What the client of itself submits again.
RETRIED = (500, 502, 503, 504, 520, 521, 522, 524)


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeRuntime]:
    with FakeRuntime(tmp_path_factory.mktemp("fake")) as made, redirected(made.url):
        yield made
        assert made.problems == []


@pytest.fixture
def fake(started: FakeRuntime) -> Iterator[FakeRuntime]:
    yield started
    started.faults.clear()
    started.ends.clear()
    started.requests.clear()
    started.queue_seconds = 0.0
    for job in started.jobs():
        started._jobs.delete(job.id)


@pytest.fixture(scope="module")
def service(started: FakeRuntime) -> RuntimeService:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment().items():
            patch.setenv(name, value)
        assert started.url
        return RuntimeService("ibm:ibm_manila")


@pytest.fixture
def desk(fake: FakeRuntime, service: RuntimeService, tmp_path: Path) -> Callable[[], Desk]:
    """As if a process had just been started."""
    assert not fake.jobs()
    Journal(tmp_path).write("budget", seconds=100.0)
    return lambda: Desk(Journal(tmp_path), service, patience=HURRIED)


def bell() -> Template:
    return template_of([qml.RY(0.3, 0), qml.CNOT([0, 1])], 2)


def orders() -> list[Order]:
    """Two structures, so that a result can lack one."""
    one = template_of([qml.RY(0.3, 0)], 2)
    return [
        Order(bell(), np.array([[0.3], [3.0]]), Key(1, "bell", 1)),
        Order(one, np.array([[np.pi]]), Key(1, "one", 1)),
    ]


def posts(fake: FakeRuntime) -> int:
    return sum(method == "POST" and path.endswith("/jobs") for method, path in fake.requests)


def test_what_comes_is_what_was_asked_for(fake: FakeRuntime, desk: Callable[[], Desk]) -> None:
    both, one = desk().run(orders(), SHOTS)
    assert both.shape == (2, SHOTS, 2)
    assert np.array_equal(both[..., 0], both[..., 1])
    assert 0 < both[0].mean() < 0.2  # 2.2 per cent are expected
    assert one[0].mean(axis=0).tolist() == [1.0, 0.0]
    assert posts(fake) == 1


@pytest.mark.parametrize("times", [1, 6])
@pytest.mark.parametrize("status", RETRIED)
def test_an_error_is_no_reason_to_submit_again(
    fake: FakeRuntime, desk: Callable[[], Desk], status: int, times: int
) -> None:
    fake.faults.append(Fault("POST", POST, times, Status(status, accepts=True)))
    desk().run(orders(), SHOTS)
    assert posts(fake) == len(fake.jobs()) == 1


@pytest.mark.parametrize("what", [Status(500), Drop(), Hang(0.1, accepts=False)], ids=["500", "dropped", "silent"])
def test_what_is_not_there_is_in_doubt_for_long(fake: FakeRuntime, desk: Callable[[], Desk], what: What) -> None:
    fake.faults.append(Fault("POST", POST, 1, what))
    for _ in range(2):
        with pytest.raises(DoubtError, match="nothing at ibm:ibm_manila with the tag qgan-key-"):
            desk().run(orders(), SHOTS)
    assert posts(fake) == 1


def test_duplicates_are_found_by_their_tag_and_cancelled(fake: FakeRuntime, desk: Callable[[], Desk]) -> None:
    fake.queue_seconds = 3600.0
    (entry,) = desk().send(orders(), SHOTS)
    (first,) = fake.jobs()
    body = (fake._jobs._folder / f"{first.id}.body.json").read_bytes()
    for _ in range(2):
        fake._jobs.accept(body, [])
    looker = desk()
    looker._waiting.clear(entry)
    fake.queue_seconds = 0.0
    assert [job.status for job in fake.jobs()][1:] == ["CANCELLED", "CANCELLED"]
    looker.run(orders(), SHOTS)
    assert [job.fetched for job in fake.jobs()] == [1, 0, 0]
    assert [event["event"] for event in looker.journal.ledger.events].count("duplicate") == 2


@pytest.mark.parametrize("end", ["missing_pub", "fewer_shots", "corrupt"])
def test_a_result_that_is_not_what_was_asked_for(fake: FakeRuntime, desk: Callable[[], Desk], end: End) -> None:
    fake.ends.append(end)
    with pytest.raises(JobError, match="cannot be used") as caught:
        desk().run(orders(), SHOTS)
    assert caught.value.exit_code == 8
    path = Path(re.findall(r"lies in (\S+)\.", str(caught.value))[0])
    assert path.stat().st_size > 0
    for job in fake._jobs._jobs.values():
        job.end = "done"
        (fake._jobs._folder / f"{job.id}.results.json").unlink()
    desk().run(orders(), SHOTS)
    assert posts(fake) == 1


def test_a_result_that_is_gone(fake: FakeRuntime, desk: Callable[[], Desk]) -> None:
    fake.ends.append("gone")
    with pytest.raises(JobError, match="or no result of it"):
        desk().run(orders(), SHOTS)
    with pytest.raises(JobError, match="--resubmit-in-doubt"):
        desk().run(orders(), SHOTS)
    assert posts(fake) == 1


def test_a_job_that_failed_has_failed_whatever_becomes_of_its_message(
    fake: FakeRuntime, service: RuntimeService, desk: Callable[[], Desk]
) -> None:
    fake.ends.append("error")
    (entry,) = desk().send(orders(), SHOTS)
    fake.faults.append(Fault("GET", "/results$", 100, Status(500)))
    assert entry.job_id is not None
    view = service.look(entry.job_id)
    assert (view.state, view.usage) == ("failed", fake.jobs()[0].usage)
    assert "told to fail" in view.reason


def test_a_listing_of_several_pages_ends(
    fake: FakeRuntime, service: RuntimeService, desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = desk().send(orders(), SHOTS)
    body = (fake._jobs._folder / f"{entry.job_id}.body.json").read_bytes()
    for _ in range(4):
        fake._jobs.accept(body, [])
    since, all_of_them = datetime.now(UTC) - timedelta(minutes=1), [job.id for job in fake.jobs()]
    for page in (1, 2, 5, 100):
        monkeypatch.setattr(ibm, "PAGE", page)
        assert service.tagged(entry.intent["tags"], since) == all_of_them
    assert service.tagged([*entry.intent["tags"], "other"], since) == []


def test_a_wait_that_is_asked_for_is_told_and_not_slept(
    fake: FakeRuntime, service: RuntimeService, desk: Callable[[], Desk]
) -> None:
    (entry,) = desk().send(orders(), SHOTS)
    fake.faults.append(Fault("GET", JOB, 1, Status(503, retry_after=3600)))
    fake.faults.append(Fault("GET", JOB, 2, Status(503, retry_after=77)))
    assert entry.job_id is not None
    with pytest.raises(Unsure) as caught:
        service.look(entry.job_id)
    assert caught.value.later == 77


def test_what_the_client_will_not_send_is_told_at_once(
    fake: FakeRuntime, desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ibm.SamplerV2, "run", lambda *_, **__: (_ for _ in ()).throw(ValueError("no such gate")))
    with pytest.raises(JobError, match=r"no such gate.*Nothing was sent"):
        desk().run(orders(), SHOTS)
    assert [event["event"] for event in desk().journal.ledger.events].count("refused") == 1
    assert posts(fake) == 0


def test_what_the_computer_cannot_take_is_refused_before_it_is_sent(
    fake: FakeRuntime, service: RuntimeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="too few qubits"):
        service.prepare(template_of([qml.RY(0.3, 5)], 6))
    monkeypatch.setattr(ibm, "MOST_TWO_QUBIT_GATES", 0)
    with pytest.raises(ConfigError, match="too many gates"):
        service.prepare(template_of([qml.RY(0.1, 0), qml.CNOT([0, 1]), qml.RY(0.2, 1)], 2))
    assert posts(fake) == 0


@pytest.mark.parametrize(
    ("path", "what", "error"),
    [
        ("identity/token", Status(400), LoginError),
        ("identity/token", Status(503), JobError),
        ("identity/token", Drop(), JobError),
        ("resources/search", Status(401), LoginError),
        ("resources/search", Status(500), JobError),
        ("/backends$", Status(401), LoginError),
        ("/backends$", Status(503), JobError),
        ("/backends$", Drop(), JobError),
        ("/configuration$", Status(500), JobError),
        ("/properties$", Status(500), JobError),
    ],
)
def test_what_fails_while_logging_in(fake: FakeRuntime, path: str, what: What, error: type[Exception]) -> None:
    fake.faults.append(Fault("", path, 100, what))
    with pytest.raises(error) as caught:
        RuntimeService("ibm:ibm_manila")
    assert type(caught.value) is error
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", ["ibm:ibm_retired", "ibm:ibm_manila2"])
def test_a_computer_that_is_not_there(fake: FakeRuntime, name: str) -> None:
    assert not fake.faults
    with pytest.raises(BackendError, match=r"Allowed: ibm_manila\."):
        RuntimeService(name)


@pytest.mark.parametrize("scheme", ["http://nowhere.invalid", "https://127.0.0.1"], ids=["DNS", "TLS"])
def test_where_there_is_no_way_the_host_is_named(
    fake: FakeRuntime, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The true way there is tried, and not the fake's.
    monkeypatch.setattr(loopback, "LOOPBACK", (*loopback.LOOPBACK, "nowhere.invalid"))
    port = fake.url.rsplit(":", 1)[1]
    with redirected(f"{scheme}:{port}"), pytest.raises(JobError, match="cannot be reached") as caught:
        RuntimeService("ibm:ibm_manila")
    assert caught.value.exit_code == 8
    assert scheme.rsplit("/", 1)[1] in str(caught.value)
    assert TOKEN not in str(caught.value)
