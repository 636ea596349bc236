"""What the fake replies to each request that the real client sends, in IBM's shapes of 2025-05-01."""

__all__ = ["Context", "reply"]

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from benchmarks.fake_runtime import login
from benchmarks.fake_runtime.computers import Computer
from benchmarks.fake_runtime.faults import End
from benchmarks.fake_runtime.jobs import FINAL, Job, Jobs, State
from benchmarks.fake_runtime.messages import Reply, Request
from benchmarks.fake_runtime.sessions import Sessions
from qgan._typing import Json

STATES: dict[State, str] = {
    "QUEUED": "Queued", "RUNNING": "Running", "DONE": "Completed", "ERROR": "Failed", "CANCELLED": "Cancelled",
}  # fmt: skip
LIMIT = 10 * 60.0


class Context(NamedTuple):
    """What replies are made of.

    Attributes:
        jobs: All that were accepted.
        computers: By name.
        ends: How the next accepted jobs end; used up from the front.
        lag: Seconds until a job is in listings.
        sessions: All that were opened.
    """

    jobs: Jobs
    computers: Mapping[str, Computer]
    ends: list[End]
    lag: float
    sessions: Sessions


def reply(request: Request, context: Context) -> Reply:
    """What an untroubled service says."""
    for method, pattern, answer in ROUTES:
        found = re.fullmatch(pattern, request.path)
        if method != request.method or not found:
            continue
        if ".quantum." in f".{request.path[1:]}" and not login.known(request.headers.get("Authorization", "")):
            return Reply.error(401, "Unauthorized.", code=1203)
        return answer(request, context, *found.groups())
    return Reply.error(404, f"The fake knows no {request.method} {request.path}.", code=404)


def _token(request: Request, context: Context) -> Reply:  # noqa: ARG001
    if parse_qs(request.body.decode()).get("apikey") != [login.TOKEN]:
        said = {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found."}
        return Reply.of(said, 400)
    return Reply.of(login.bearer(time.time()))


def _search(request: Request, context: Context) -> Reply:  # noqa: ARG001
    found = {
        "crn": login.INSTANCE,
        "name": login.NAME,
        "service_plan_unique_id": login.PLAN,
        "doc": {"extensions": [{"allocation": "fake"}]},
        "tags": [],
    }
    return Reply.of({"items": [found], "limit": 100})


def _plan(request: Request, context: Context, name: str) -> Reply:  # noqa: ARG001
    said = {"overview_ui": {"en": {"display_name": "Open"}}, "metadata": {"pricing": {"type": "free"}}}
    return Reply.of({"id": name, "name": name} | said)


def _usage(request: Request, context: Context) -> Reply:  # noqa: ARG001
    used = sum(each.usage for each in context.jobs.all())
    said = {"usage_consumed_seconds": used, "usage_limit_seconds": LIMIT, "usage_limit_reached": used >= LIMIT}
    return Reply.of({"instance_id": login.INSTANCE, "plan_id": login.PLAN} | said)


def _computers(request: Request, context: Context) -> Reply:  # noqa: ARG001
    return Reply.of({"devices": [each.listed for each in context.computers.values()]})


def _computer(request: Request, context: Context, name: str, part: str) -> Reply:  # noqa: ARG001
    known = context.computers.get(name)
    if known is None:
        return Reply.error(404, f"Backend not found: {name}.", code=1216)
    if part == "status":
        waiting = sum(each.computer == name and each.status not in FINAL for each in context.jobs.all())
        said = {"state": True, "status": "active", "message": "available", "length_queue": waiting}
        return Reply.of(said | {"backend_version": known.configuration["backend_version"]})
    return Reply.of(known.configuration if part == "configuration" else known.properties)


def _submit(request: Request, context: Context) -> Reply:
    try:
        asked = json.loads(request.body)
        if asked.get("backend") not in context.computers:
            return Reply.error(404, "Backend not found.", code=1216)
        if not context.sessions.takes(asked.get("session_id")):
            return Reply.error(400, "The session takes no jobs.", code=1217)
        job = context.jobs.accept(request.body, context.ends)
        context.sessions.note(asked.get("session_id"), job.id)
    except ValueError as problem:
        return Reply.error(400, str(problem), code=1211)
    return Reply.of({"id": job.id, "backend": job.computer, "private": False})


def _open(request: Request, context: Context) -> Reply:
    asked = json.loads(request.body)
    try:
        return Reply.of(context.sessions.open(asked["mode"], asked["backend"]))
    except ValueError as problem:
        return Reply.error(400, str(problem), code=1352)


def _close(request: Request, context: Context, name: str) -> Reply:  # noqa: ARG001
    return Reply(204) if context.sessions.close(name) else Reply.error(404, "Session not found.", code=1218)


def _list(request: Request, context: Context) -> Reply:
    """Newest first; ``count`` is of all that fit."""
    tags = set(parse_qs(request.query).get("tags", ()))
    after, before = (_moment(request.one(f"created_{each}")) for each in ("after", "before"))
    fitting = [
        each
        for each in context.jobs.all()
        if each.created <= time.time() - context.lag
        and tags <= set(each.tags)
        and (after is None or each.created >= after)
        and (before is None or each.created <= before)
        and request.one("backend") in (None, each.computer)
        and request.one("program") in (None, each.program)
        and request.one("pending") in (None, "false" if each.status in FINAL else "true")
    ]
    if request.one("sort") != "ASC":
        fitting.reverse()
    offset, limit = int(request.one("offset") or 0), int(request.one("limit") or 200)
    page = [_told(each) for each in fitting[offset : offset + limit]]
    return Reply.of({"jobs": page, "count": len(fitting), "limit": limit, "offset": offset})


def _job(request: Request, context: Context, name: str) -> Reply:
    job = context.jobs.look(name)
    if job is None:
        return _absent(name)
    params = {} if request.one("exclude_params") == "true" else {"params": context.jobs.params(name)}
    return Reply.of(_told(job) | params)


def _results(request: Request, context: Context, name: str) -> Reply:  # noqa: ARG001
    job = _known(context, name)
    if job is None or job.end == "gone":
        return _absent(name)
    if job.status == "ERROR":
        return Reply(200, f"Traceback (most recent call last):\nFake: {job.reason}".encode())
    if job.status != "DONE":
        return Reply(204)
    return Reply(200, context.jobs.results(name), {"Content-Type": "application/json"})


def _metrics(request: Request, context: Context, name: str) -> Reply:  # noqa: ARG001
    job = _known(context, name)
    if job is None:
        return _absent(name)
    times = {"created": _iso(job.created), "running": _iso(job.running), "finished": _iso(job.finished)}
    usage = {"seconds": job.usage, "quantum_seconds": job.usage}
    return Reply.of({"timestamps": times, "usage": usage, "bss": {"seconds": job.usage}, "executions": job.executions})


def _cancel(request: Request, context: Context, name: str) -> Reply:  # noqa: ARG001
    if _known(context, name) is None:
        return _absent(name)
    return Reply(204) if context.jobs.cancel(name) else Reply.error(409, "Job is in a final state.", code=1292)


def _tag(request: Request, context: Context, name: str) -> Reply:
    if _known(context, name) is None:
        return _absent(name)
    context.jobs.tag(name, json.loads(request.body)["tags"])
    return Reply(204)


def _delete(request: Request, context: Context, name: str) -> Reply:  # noqa: ARG001
    if _known(context, name) is None:
        return _absent(name)
    context.jobs.delete(name)
    return Reply(204)


def _known(context: Context, name: str) -> Job | None:
    return next((each for each in context.jobs.all() if each.id == name), None)


def _absent(name: str) -> Reply:
    return Reply.error(404, f"Job not found. Job ID: {name}", code=1291)


def _told(job: Job) -> Json:
    state: dict[str, Any] = {"status": STATES[job.status]}
    if job.reason:
        state |= {"reason": job.reason, "reason_code": job.reason_code}
    return {
        "id": job.id,
        "backend": job.computer,
        "state": state,
        "status": STATES[job.status],
        "program": {"id": job.program},
        "created": _iso(job.created),
        "tags": job.tags,
        "runtime": "fake",
        "cost": job.limit,
        "usage": {"seconds": job.usage},
        "private": False,
    }


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _moment(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


Answer = Callable[..., Reply]
API, JOB = r"/(?:[\w-]+\.)?quantum\.cloud\.ibm\.com/api/v1", r"/jobs/(\w+)"
ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("POST", r"/iam\.cloud\.ibm\.com/identity/token", _token),
    ("POST", r"/api\.global-search-tagging\.cloud\.ibm\.com/v3/resources/search", _search),
    ("GET", r"/globalcatalog\.cloud\.ibm\.com/api/v1/([\w-]+)", _plan),
    ("GET", f"{API}/instances/usage", _usage),
    ("GET", f"{API}/backends", _computers),
    ("GET", rf"{API}/backends/(\w+)/(configuration|properties|status)", _computer),
    ("POST", f"{API}/jobs", _submit),
    ("POST", f"{API}/sessions", _open),
    ("PATCH", rf"{API}/sessions/(\w+)", _close),
    ("GET", f"{API}/jobs", _list),
    ("GET", f"{API}{JOB}", _job),
    ("DELETE", f"{API}{JOB}", _delete),
    ("GET", f"{API}{JOB}/results", _results),
    ("GET", f"{API}{JOB}/metrics", _metrics),
    ("POST", f"{API}{JOB}/cancel", _cancel),
    ("PUT", f"{API}{JOB}/tags", _tag),
)
