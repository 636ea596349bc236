"""Trainings on the fake of IBM's service, disturbed in all ways, pay for each job once and lose nothing."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from benchmarks.fake_runtime.faults import Drop, End, Hang, Status
from benchmarks.fake_runtime.killing import POINTS, Point
from benchmarks.fake_runtime.laboratory import JOBS, Laboratory, Later, Trial
from benchmarks.fake_runtime.login import TOKEN
from benchmarks.fake_runtime.nursery import Child
from qgan.runs import RunDirectory

POST, LISTING, LOOK = "/jobs$", "/jobs$", r"/jobs/\w+$"


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("laboratory"), patience=0.05)


@pytest.fixture
def trial(laboratory: Laboratory, request: pytest.FixtureRequest) -> Iterator[Trial]:
    with laboratory.trial(request.node.name.replace("/", "-")) as made:
        yield made


def require(child: Child, code: int, *words: str) -> None:
    assert child.wait() == code, child.said
    assert "Traceback" not in child.said
    assert TOKEN not in child.said
    for word in words:
        assert word in child.said, child.said


def require_identical(trial: Trial, *, jobs: int = JOBS) -> None:
    """The run is the undisturbed one, every job was accepted once, and none was sent in vain."""
    seen = trial.seen()
    assert seen.amiss == []
    assert trial.posts == len(trial.fake.jobs()) == jobs
    assert trial.fake.problems == []
    assert RunDirectory.open(trial.run).status["state"] == "done"


def events(trial: Trial, kind: str) -> list[dict]:
    return [event for event in trial.journal.ledger.events if event["event"] == kind]


def wait_for(trial: Trial, child: Child, *, jobs: int) -> None:
    deadline = time.monotonic() + 60
    while len(trial.fake.jobs()) < jobs and time.monotonic() < deadline and not child.ended:
        time.sleep(0.02)
    assert len(trial.fake.jobs()) == jobs, child.said


def test_killed_around_a_submission(laboratory: Laboratory) -> None:
    with ExitStack() as stack:
        trials: dict[Point, Trial] = {
            point: stack.enter_context(laboratory.trial(f"killed-{point}")) for point in POINTS
        }
        # At the first, the last, and some in between.
        places: dict[Point, int] = {"intended": 1, "accepted": 2, "submitted": JOBS, "fetched": 3, "kept": 4}
        children = {point: trial.begin(dies=(point, places[point])) for point, trial in trials.items()}
        for child in children.values():
            require(child, -signal.SIGKILL)
        with (trials["submitted"].run / "ledger.jsonl").open("ab") as ledger:
            ledger.write(b'{"event": "stat')
        children = {point: trial.resume() for point, trial in trials.items()}
        # Nothing was sent, which nobody can know: the service may be slow in telling.
        require(children.pop("intended"), 9, "qgan-key-", "--resubmit-in-doubt")
        assert trials["intended"].posts == 0
        children["intended"] = trials["intended"].resume("--resubmit-in-doubt")
        for child in children.values():
            require(child, 0)
        for point, trial in trials.items():
            require_identical(trial)
            fetched = [1] * JOBS
            if point == "fetched":
                fetched[places[point] - 1] += 1
            assert [job.fetched for job in trial.fake.jobs()] == fetched
            assert len(events(trial, "adopted")) == (point == "accepted")


def test_what_arrived_although_nobody_said_so_is_adopted(trial: Trial) -> None:
    trial.fake.listing_lag_seconds = 1.0
    for what in (Drop(accepts=True), Status(503, accepts=True)):
        trial.fake.faults.append(Later("POST", POST, 1, what, after=2))
    require(trial.begin(), 0)
    require_identical(trial)
    assert len(events(trial, "in doubt")) == len(events(trial, "adopted")) == 2


def test_what_did_not_arrive_is_sent_again_on_request_only(trial: Trial) -> None:
    trial.fake.faults.append(Later("POST", POST, 1, Drop(), after=3))
    require(trial.begin(), 9, "--resubmit-in-doubt")
    assert (trial.posts, len(trial.fake.jobs())) == (4, 3)
    require(trial.resume("--resubmit-in-doubt"), 0)
    assert trial.seen().amiss == []
    assert len(trial.fake.jobs()) == trial.posts - 1 == JOBS


def test_a_listing_that_stays_empty_is_no_proof(trial: Trial) -> None:
    trial.fake.faults.append(Later("POST", POST, 1, Hang(30)))
    trial.fake.listing_lag_seconds = 3600.0
    require(trial.begin(), 9)
    trial.fake.listing_lag_seconds = 0.0
    # Nor is one that fails.
    trial.fake.faults.append(Later("GET", LISTING, 6, Status(500)))
    require(trial.resume("--resubmit-in-doubt"), 0)
    require_identical(trial)


def test_a_busy_service_is_sent_to_later_and_not_for_ever(trial: Trial) -> None:
    trial.fake.faults.append(Later("POST", POST, 2, Status(429)))
    trial.fake.faults.append(Later("POST", POST, 1, Status(429, retry_after=1)))
    trial.fake.faults.append(Later("POST", POST, 1, Status(429, retry_after=3600), after=1))
    require(trial.begin(), 8, "does not take the job", "Nothing was sent")
    assert (trial.posts, len(trial.fake.jobs())) == (5, 1)
    require(trial.resume(), 0)
    assert trial.seen().amiss == []
    assert len(trial.fake.jobs()) == JOBS


def test_a_service_that_is_in_trouble_is_asked_again(trial: Trial) -> None:
    for what in (Status(502), Drop(), Status(429), Status(429, retry_after=1)):
        trial.fake.faults.append(Later("GET", LOOK, 2, what, after=3))
        trial.fake.faults.append(Later("GET", "/results$", 1, what))
        trial.fake.faults.append(Later("GET", "/metrics$", 1, what, after=2))
    began = time.monotonic()
    require(trial.begin(), 0)
    require_identical(trial)
    assert time.monotonic() - began > 1


def test_a_login_that_ends_is_no_end_of_the_run(trial: Trial) -> None:
    trial.fake.faults.append(Later("GET", LOOK, 100, Status(401), after=5))
    require(trial.begin(), 10, "QISKIT_IBM_TOKEN")
    trial.fake.faults[:] = [Later("GET", "/backends", 100, Status(401))]
    require(trial.resume(), 10)
    trial.fake.faults[:] = [Later("POST", POST, 1, Status(401))]
    require(trial.resume(), 10)
    require(trial.resume(), 0)
    assert trial.seen().amiss == []
    assert len(trial.fake.jobs()) == trial.posts - 1 == JOBS


def test_without_a_token_or_a_service_nothing_begins(trial: Trial) -> None:
    wrong, began = "A-TOKEN-OF-NOBODY-0123456789", time.monotonic()
    given = {
        "missing": {"QISKIT_IBM_TOKEN": ""},
        "wrong": {"QISKIT_IBM_TOKEN": wrong},
        "channel": {"QISKIT_IBM_CHANNEL": "nonsense"},
        "broken": {"QISKIT_IBM_TOKEN": "a\nb"},
    }
    for environ in given.values():
        child = trial.begin(environ=environ)
        require(child, 10)
        assert wrong not in child.said
        for made in trial._folder.glob("2*"):
            for file in made.rglob("*"):
                assert not file.is_file() or wrong.encode() not in file.read_bytes()
            made.rename(made.with_name(f"refused-{made.name}"))
    assert time.monotonic() - began < 30
    # In none of these cases is anything wrong with the account.
    trial.fake.faults.append(Later("POST", "iam.cloud.ibm.com", 100, Status(503)))
    require(trial.begin(), 8, "cannot be reached")
    trial.fake.faults[:] = [Later("", "global-search", 100, Drop())]
    require(trial.resume(), 8, "cannot be reached")
    trial.fake.faults[:] = [Later("GET", "/backends", 100, Status(503))]
    require(trial.resume(), 8, "cannot be reached")
    trial.fake.faults.clear()
    assert trial.posts == 0
    require(trial.resume(), 0)
    require_identical(trial)


@pytest.mark.parametrize(
    ("end", "reason"),
    [("error", "told to fail"), ("cancelled", "told to cancel"), ("max_time", "1305")],
)
def test_a_job_that_fails_is_paid_for_and_sent_again(trial: Trial, end: End, reason: str) -> None:
    trial.fake.ends[:] = ["done", end]
    child = trial.begin(budget="14.1s")
    require(child, 8, reason)
    assert trial.posts == 2
    spent = trial.fake.jobs()[1].usage
    (over,) = events(trial, "failed") + events(trial, "cancelled")
    assert reason in over["reason"]
    assert over["usage"] == spent > 2
    require(trial.resume(), 11, "Nothing more was sent")
    assert (trial.posts, len(trial.fake.jobs())) == (JOBS, JOBS)
    require(trial.resume("--budget", "30s"), 0)
    assert trial.seen().differing == []
    assert trial.posts == len(trial.fake.jobs()) == JOBS + 1


def test_a_result_that_is_none_is_fetched_again_and_never_sent_again(trial: Trial) -> None:
    trial.fake.ends[:] = ["corrupt"]
    require(trial.begin(), 8, "rejected.bin")
    (kept,) = trial.run.glob("jobs/*/rejected.bin")
    raw = trial.fake._jobs.results(trial.fake.jobs()[0].id)
    assert kept.read_bytes() == raw
    mend(trial)
    require(trial.resume(), 0)
    require_identical(trial)


def mend(trial: Trial) -> None:
    """The first job's result is what it should have been from the beginning."""
    for file in trial._folder.glob("fake/*.results.json"):
        file.unlink()
    next(iter(trial.fake._jobs._jobs.values())).end = "done"


def test_a_job_that_is_gone_is_not_paid_for_again_by_itself(trial: Trial) -> None:
    require(trial.begin(dies=("submitted", 2)), -signal.SIGKILL)
    trial.fake._jobs.delete(trial.fake.jobs()[1].id)
    for _ in range(2):
        require(trial.resume(), 8)
        assert trial.posts == 2
    require(trial.resume("--resubmit-in-doubt"), 0)
    assert trial.seen().differing == []
    assert trial.posts == JOBS + 1


def test_leaving_while_jobs_wait(trial: Trial) -> None:
    trial.fake.queue_polls = 10**6
    child = trial.begin()
    wait_for(trial, child, jobs=1)
    time.sleep(0.3)
    child.kill(signal.SIGINT)
    require(child, 130, "they go on", "--resume")
    assert trial.fake.jobs()[0].status == "QUEUED"
    trial.fake.queue_polls = 0
    require(trial.resume(), 0)
    require_identical(trial)


def test_a_damaged_ledger_is_refused(trial: Trial) -> None:
    require(trial.begin(dies=("accepted", 2)), -signal.SIGKILL)
    ledger, posts = trial.run / "ledger.jsonl", trial.posts
    whole = ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    later = json.loads(lines[0]) | {"version": 2}
    for damaged in (
        whole.replace(b'"intent"', b'"inte-t"', 1),
        b"\n".join([b"", *lines]),
        json.dumps(later).encode() + b"\n",
    ):
        ledger.write_bytes(damaged)
        require(trial.resume(), 5, "ledger.jsonl")
    assert trial.posts == posts
    # A line that is there twice says nothing new.
    ledger.write_bytes(b"".join([*lines, lines[-1]]))
    require(trial.resume(), 0)
    require_identical(trial)


def test_two_runs_share_an_account(laboratory: Laboratory) -> None:
    with laboratory.trial("one") as one, laboratory.trial("other") as other:
        account = other.fake
        other.fake = one.fake
        try:
            children = [each.begin(dies=("accepted", 3)) for each in (one, other)]
            for child in children:
                require(child, -signal.SIGKILL)
            for child in [each.resume() for each in (one, other)]:
                require(child, 0)
            assert len(one.fake.jobs()) == one.posts == 2 * JOBS
            for each in (one, other):
                (tag,) = {f"qgan-run-{each.journal.identity}"}
                own = [job for job in one.fake.jobs() if tag in job.tags]
                assert {job.id for job in own} == {entry.job_id for entry in each.journal}
                assert [job.fetched for job in own] == [1] * JOBS
                assert each.seen().differing == []
        finally:
            other.fake = account


def test_a_computer_that_is_no_longer_there(trial: Trial) -> None:
    require(trial.begin(dies=("kept", 1)), -signal.SIGKILL)
    trial.fake._computers.clear()
    require(trial.resume(), 4, "There is no computer 'ibm_manila'")
    assert trial.posts == 1
