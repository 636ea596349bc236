"""`qgan plan`, `submit`, `jobs`, `collect` and `cancel`, against a fake of the service and on simulators here."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgan
from benchmarks.fake_runtime.loopback import TOKEN, environment, redirected
from benchmarks.fake_runtime.server import FakeRuntime
from qgan.backends.jobs.journal import Journal
from qgan.backends.primitives.local import LocalService

Call = Callable[..., Any]
OVERRIDES = {
    "train.steps": 4,
    "run.checkpoint_every": 2,
    "run.threads": 1,
    "evaluate.every": 2,
    "evaluate.metrics": ["kl", "ks"],
    "evaluate.samples": 16,
}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qgan.fit("lognormal", overrides=OVERRIDES, out=tmp_path_factory.mktemp("warm")).path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(trained, tmp_path / "runs" / trained.name))


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRuntime]:
    """The fake of the service, with an account in the environment and none at home."""
    for name, value in {**environment(), "QGAN_PATIENCE": "0.02", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with FakeRuntime(tmp_path / "fake") as fake, redirected(fake.url):
        yield fake
        assert not fake.problems


def read(done: Any) -> Any:
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_a_few_real_steps_after_a_warm_start_send_what_was_estimated(call: Call, run: Path, far: FakeRuntime) -> None:
    steps = ("train", "--resume", run, "--backend", "ibm:ibm_manila", "--shots", "64", "--steps", "+2")
    told = read(call(*steps, "--dry-run", "--json"))["hardware"]
    assert call(*steps).code == 11
    short = call(*steps, "--budget", "5s")
    assert (short.code, "Nothing was sent" in short.err) == (11, True)
    assert far.jobs() == []
    done = read(call(*steps, "--budget", "1m", "--json"))
    assert "simulated" in done["circuits"]
    sent = far.jobs()
    assert len(sent) == told["jobs"] == 4
    assert sum(job.executions for job in sent) == told["executions"]
    assert sum(job.usage for job in sent) == pytest.approx(told["qpu_seconds"])
    rows = read(call("jobs", "--json"))["jobs"]
    assert [row["job"] for row in rows] == [job.id for job in sent]
    assert {row["state"] for row in rows} == {"fetched"}
    assert all(row["qpu_seconds"] == pytest.approx(job.usage) for row, job in zip(rows, sent, strict=True))
    journal = Journal(Path(done["run"]))
    (checked,) = [event for event in journal.ledger.events if event["event"] == "checked"]
    assert checked["cosine"] > 0.5
    intents = [event for event in journal.ledger.events if event["event"] == "intent"]
    assert all(event["calibrated"] and event["pubs"][0]["two_qubit_gates"] > 0 for event in intents)


def test_samples_are_handed_in_waited_for_and_collected(call: Call, run: Path, far: FakeRuntime) -> None:
    far.queue_seconds = 1e6
    sampled = ("submit", run, "--backend", "ibm:least-busy", "--shots", "512", "-n", "40")
    assert call(*sampled).code == 11
    sent = read(call(*sampled, "--budget", "10s", "--json"))
    assert sent["backend"] == "ibm:ibm_manila"
    waiting = call("jobs")
    assert "queued" in waiting.out
    assert "about" in waiting.out
    assert read(call("collect", "--json")) == {"jobs": {sent["jobs"][0]["job"]: "queued"}, "samples": []}
    far.queue_seconds = 0
    home = read(call("collect", sent["jobs"][0]["job"], "--json"))
    (made,) = home["samples"]
    assert set(home["jobs"].values()) == {"done"}
    assert set(made["metrics"]) == set(made["simulated"]) == {"kl", "ks"}
    assert all(score["floor"] is not None for score in made["metrics"].values())
    with np.load(Path(made["folder"]) / "samples.npz") as kept:
        assert kept["values"].shape == (40, 1)
    assert (Path(made["folder"]) / "samples.png").stat().st_size > 1000
    assert "nothing to collect" in call("collect").err
    assert [job.fetched for job in far.jobs()] == [1]


def test_what_was_paid_for_in_a_step_is_used_before_anything_else_is_tried(
    call: Call, run: Path, far: FakeRuntime
) -> None:
    far.ends.extend(["done", "error"])
    steps = ("train", "--resume", run, "--backend", "ibm:ibm_manila", "--shots", "64", "--steps", "+1")
    assert call(*steps, "--budget", "1m").code == 8
    child = max(run.parent.glob("2*"))
    refused = call("train", "--resume", child, "--steps", "+1", "--budget", "1m")
    assert (refused.code, far.jobs()[0].id in refused.err) == (2, True), refused.err
    assert len(far.jobs()) == 2
    read(call("train", "--resume", child, "--json"))
    assert [job.status for job in far.jobs()] == ["DONE", "ERROR", "DONE"]
    read(call("train", "--resume", child, "--steps", "+1", "--budget", "1m", "--json"))


def test_jobs_of_a_batch_are_in_one_that_is_closed_in_the_end(call: Call, run: Path, far: FakeRuntime) -> None:
    steps = ("train", "--resume", run, "--backend", "ibm:ibm_manila", "--shots", "64", "--steps", "+1")
    read(call(*steps, "--budget", "1m", "--set=backend.mode=batch", "--json"))
    (batch,) = far.sessions.known.values()
    assert (batch["mode"], batch["accepting_jobs"]) == ("batch", False)
    assert batch["jobs"] == [job.id for job in far.jobs()]
    assert len(batch["jobs"]) == 2


def test_a_session_that_the_plan_has_not_is_told_and_nothing_is_sent(call: Call, run: Path, far: FakeRuntime) -> None:
    steps = ("train", "--resume", run, "--backend", "ibm:ibm_manila", "--shots", "64", "--steps", "+1")
    done = call(*steps, "--budget", "1m", "--set=backend.mode=session")
    assert (done.code, "open plan" in done.err) == (8, True), done.err
    assert far.jobs() == []


def test_a_job_that_waits_can_be_stopped_and_one_that_has_ended_not(call: Call, run: Path, far: FakeRuntime) -> None:
    far.queue_seconds = 1e6
    sent = read(call("submit", run, "--backend", "ibm:ibm_manila", "--shots", "8", "--budget", "9s", "--json"))
    (job,) = [each["job"] for each in sent["jobs"]]
    assert read(call("cancel", job, "--json"))["state"] == "cancelled"
    assert call("cancel", job).code == 2
    assert "nothing to collect" in call("collect").err
    assert far.jobs()[0].status.upper().startswith("CANCELLED")


def test_what_a_submission_left_undone_is_gone_on_with(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of a generator with latents, in jobs of four circuits each."""
    patch = qgan.fit(
        "digits-patch",
        overrides={
            **OVERRIDES,
            "evaluate.metrics": ["energy-distance"],
            "evaluate.metric": "energy-distance",
            "generator.n_wires": 3,
            "generator.n_ancillas": 0,
            "generator.layers": 1,
            "train.batch_size": 4,
        },
        out=tmp_path / "patch",
    ).path
    monkeypatch.setattr("qgan.backends.jobs.costs.EXECUTIONS_IN_A_JOB", 4 * 16 * 8)
    submit, sent = LocalService.submit, list[str]()

    def once(self: LocalService, job: Any) -> str:
        if len(sent) == 1:
            raise KeyboardInterrupt
        sent.append(submit(self, job))
        return sent[-1]

    sampled = ("submit", patch, "--backend", "aer", "--shots", "16", "-n", "6", "--json")
    with monkeypatch.context() as broken:
        broken.setattr(LocalService, "submit", once)
        assert call(*sampled).code == 130
    assert len(list((patch / "jobs" / "here").glob("*.npz"))) == 1
    jobs = read(call(*sampled))["jobs"]
    assert sent[0] in [job["job"] for job in jobs]
    assert len(jobs) == len(list((patch / "jobs" / "here").glob("*.npz"))) > 1
    assert len(read(call("collect", "--out", patch.parent, "--json"))["samples"]) == 1
    assert len(read(call(*sampled))["jobs"]) == len(jobs)
    assert len(list((patch / "jobs" / "here").glob("*.npz"))) == 2 * len(jobs)


def test_a_rehearsal_gives_the_same_samples_for_the_same_run(call: Call, trained: Path, tmp_path: Path) -> None:
    import shutil

    found = []
    for place in ("one", "other"):
        copy = Path(shutil.copytree(trained, tmp_path / place / trained.name))
        read(call("submit", copy, "--backend", "fake:manila", "--shots", "4096", "-n", "200", "--json"))
        (made,) = read(call("collect", "--out", copy.parent, "--json"))["samples"]
        found.append(made["metrics"]["kl"]["value"])
    # The jobs' keys are of the run's own, so that shots differ, and little.
    assert found[0] == pytest.approx(found[1], abs=0.3)


def test_plans_say_what_fits_and_what_does_not(call: Call, run: Path) -> None:
    told = read(call("plan", "ibm-first", "--backend", "ibm:ibm_torino", "--budget", "120s", "--json"))
    for row in told["rows"]:
        assert row["fits"] == int(120 // row["step"]["qpu_seconds"])
    assert any(row["fits"] >= 5 for row in told["rows"])
    large = call("plan", "digits", "--backend", "ibm:ibm_torino", "--shots", "2048", "--budget", "120s")
    assert large.code == 0, large.err
    assert "a job takes 10,000,000: it is split" in " ".join(large.out.split())
    assert "Open Plan" in large.out
    # What it advises is affordable: a run keeps its batch, so that a smaller one is asked for before the warm start.
    small = " ".join(call("plan", "digits", "--backend", "ibm:ibm_torino", "--budget", "120s").out.split())
    assert "batch 4 and 64 shots" in small
    assert "train on a simulator first with `--set train.batch_size=4`, then `qgan train --resume RUN" in small
    assert read(call("plan", run, "--backend", "ibm:ibm_torino", "--json"))["own"]["steps"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("plan", "digits-classical", "--backend", "ibm:ibm_torino"), 2, "no circuits"),
        (("plan", "digits", "--backend", "default.qubit"), 4, "takes no jobs"),
        (("plan", "digits", "--backend", "ibm:"), 4, "There is no backend called 'ibm:'"),
        (("plan", "digits", "--backend", "aer", "--budget", "soon"), 2, "120s, 2m"),
        (("plan", "digits", "--backend", "aer", "--budget", "0"), 2, "The budget cannot be used"),
        (("cancel", "nobody"), 2, "There is no job 'nobody'"),
        (("collect", "nobody"), 2, "There is no job 'nobody'"),
        (("train", "lognormal", "--backend", "ibm:ibm_torino", "--dry-run"), 2, "nothing of it is exact"),
        (("train", "lognormal", "--backend", "ibm:ibm_torino", "--shots", "64"), 11, "no budget was given"),
        (("train", "lognormal", "--backend", "aer", "--set=backend.mode=batch", "--dry-run"), 2, "has no modes"),
    ],
)
def test_mistakes_are_told_with_what_is_allowed(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = call(*arguments)
    assert (done.code, said in done.err) == (code, True), done.err
    assert list(tmp_path.iterdir()) == []


def test_submitting_says_what_is_wrong_and_writes_nothing(call: Call, run: Path) -> None:
    before = sorted(path for path in run.rglob("*") if path.name != "LOCK")
    for arguments, code, said in (
        (("--backend", "aer", "--shots", "8", "-n", "0"), 2, "must be samples"),
        (("--backend", "aer", "--shots", "0"), 2, "shots"),
        (("--backend", "lightning.qubit", "--shots", "8"), 4, "takes no jobs"),
        (("--backend", "fake:tornio", "--shots", "8"), 4, "Did you mean"),
        (("--backend", "aer", "--shots", "8", "--checkpoint", "77"), 2, "keeps no checkpoint"),
        (("--backend", "ibm:ibm_torino", "--shots", "8", "--budget", "1s"), 11, "does not suffice"),
    ):
        done = call("submit", run, *arguments)
        assert (done.code, said in done.err) == (code, True), done.err
    assert sorted(path for path in run.rglob("*") if path.name != "LOCK") == before


def test_without_an_account_nothing_is_sent_and_no_token_is_told(
    call: Call, run: Path, far: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled = ("submit", run, "--backend", "ibm:ibm_manila", "--shots", "8", "--budget", "9s")
    monkeypatch.setenv("QISKIT_IBM_TOKEN", f"{TOKEN}-wrong")
    refused = call(*sampled)
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    missing = call(*sampled)
    assert (refused.code, missing.code) == (10, 10), refused.err + missing.err
    assert TOKEN not in refused.err + refused.out
    assert "QISKIT_IBM_TOKEN" in missing.err
    assert far.jobs() == []


@pytest.mark.parametrize("key", ["backend.token", "token"])
def test_a_token_is_no_setting_and_is_not_told_again(call: Call, tmp_path: Path, key: str) -> None:
    done = call("train", "lognormal", "--dry-run", f"--set={key}={TOKEN}")
    config = tmp_path / "own.toml"
    config.write_text(f'[backend]\nname = "aer"\ntoken = "{TOKEN}"\n' if "." in key else f'token = "{TOKEN}"\n')
    other = call("train", "--config", config, "--dry-run")
    for each in (done, other):
        assert each.code == 2
        assert TOKEN not in each.out + each.err
