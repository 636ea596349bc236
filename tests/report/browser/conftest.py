"""Pages of real comparisons, and Debian's Chromium to open them in, without a network, noting its complaints."""

import json
import runpy
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, sync_playwright

from qgan.compare.carrying import carry_out
from qgan.compare.declaration import Declaration, declare, declared
from qgan.compare.entries import Book
from qgan.compare.places import Places
from qgan.compare.rescoring import Rescored
from qgan.compare.speed import Speed
from qgan.compare.stored import read, write
from qgan.compare.tasks import Task
from qgan.documents import merge
from qgan.report.page import report_comparison

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RECIPE = "bimodal"
HOSTILE = (
    "</script><script>window.__pwned = 1</script>",
    '"><img src=x onerror="window.__pwned = 1">',
    "'); window.__pwned = 1; ('",
    "{{ 7 * 7 }} ]]> &amp; &lt;b&gt; --><!--",
    "</style><svg onload=window.__pwned=1>",
    "javascript:window.__pwned=1",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil \N{SKULL AND CROSSBONES} \u0000\u0007 =1+1",
    "long " * 50 + "w" * 2000,
)
NOTE = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.__violations.push(event.violatedDirective));
"""
HOOKS = ("table", "testid", "recipe", "model", "metric", "seed", "part")
FOUND = """
(selector) => [...document.querySelectorAll(selector)].map((each) => ({
  text: each.textContent,
  value: each.dataset.value ?? each.textContent,
  kind: each.dataset.kind ?? "",
  first: each.querySelector(".first")?.textContent ?? "",
  table: each.closest("table[data-testid]")?.dataset.testid ?? "",
  testid: each.dataset.testid,
  ...Object.fromEntries(["recipe", "model", "metric", "seed", "part"].map(
    (key) => [key, each.closest(`[data-${key}]`)?.dataset[key] ?? ""])),
}))
"""
Numbers: TypeAlias = dict[tuple[str, ...], list[float]]
Words: TypeAlias = dict[tuple[str, ...], list[str]]


@dataclass
class Opened:
    """A page in a tab of its own.

    Attributes:
        page: Playwright's.
        complaints: What a page of ours never gives cause for: requests, errors, dialogs.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)

    def printed(self) -> list[dict[str, str]]:
        """Every number that has a value beside its text, and what it is of."""
        return self.page.evaluate(FOUND, "[data-value]")

    def numbers(self) -> Numbers:
        """Their values by what they are of, as the recomputation gives them."""
        found: Numbers = defaultdict(list)
        for each in self.page.evaluate(FOUND, "[data-value], [data-said]"):
            found[key_of(each)].append(float(each["value"]))
        return dict(found)

    def words(self) -> Words:
        """What is said of contests, as the recomputation gives it."""
        found: Words = defaultdict(list)
        for each in self.page.evaluate(FOUND, "td[data-testid=verdict], td[data-testid=beaten]"):
            found[key_of(each)].append(each["text"])
        for each in self.page.evaluate(FOUND, "p[data-testid=verdict]"):
            found[key_of({**each, "testid": "verdict-claim"})].append(each["first"])
            if each["kind"]:
                found[key_of(each)].append(each["kind"])
        return dict(found)


def key_of(each: dict[str, str]) -> tuple[str, ...]:
    return tuple(each[name] for name in HOOKS)


Open: TypeAlias = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.skip(f"needs Debian's chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """Opens a file of ours, and nothing else."""
    contexts = []

    def opened(path: Path, **options: Any) -> Opened:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.add_init_script(NOTE)
        found = Opened(context.new_page())
        address = path.as_uri()

        def route(route: Route) -> None:
            if route.request.url == address:
                route.continue_()
            else:
                found.complaints.append(f"request: {route.request.url[:200]}")
                route.abort()

        found.page.route("**/*", route)
        found.page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))

        def dismiss(dialog: Dialog) -> None:
            found.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        found.page.on("dialog", dismiss)
        found.page.on("console", lambda said: found.complaints.append(f"console, {said.type}: {said.text}"))
        found.page.goto(address)
        return found

    yield opened
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class Recomputed:
    """What the files of a comparison give."""

    numbers: Callable[[Path], Numbers]
    words: Callable[[Path], Words]


@pytest.fixture(scope="session")
def recompute() -> Recomputed:
    """What ``python recompute DIR`` does; it knows nothing of the package."""
    found = runpy.run_path(str(Path(__file__).parent / "recompute"), run_name="recompute")
    return Recomputed(found["numbers_of"], found["words_of"])


@dataclass(frozen=True)
class Reported:
    """A comparison and its page."""

    directory: Path
    page: Path


@pytest.fixture(scope="session")
def make_page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Reported]:
    """Makes the page of a comparison, if there is a browser, without the PDF that each figure has beside it."""
    del chromium

    def made(directory: Path) -> Reported:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qgan.report.pictures.Picture.pdf", b"")
            return Reported(directory, report_comparison(directory, tmp_path_factory.mktemp("page")).page)

    return made


@pytest.fixture(scope="session")
def full(make_page: Callable[[Path], Reported], comparison: Path) -> Reported:
    """Five seeds, all over."""
    return make_page(comparison)


@pytest.fixture(
    scope="session", params=["full", "one seed", "ten seeds", "two recipes", "diverged", "unfinished", "hostile"]
)
def reported(
    request: pytest.FixtureRequest,
    make_page: Callable[[Path], Reported],
    comparison: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Reported:
    """Each kind of comparison, of real runs."""
    if request.param == "full":
        return request.getfixturevalue("full")
    directory = tmp_path_factory.mktemp("compared") / request.param.replace(" ", "-")
    return make_page(MAKERS[request.param](comparison, directory))


def one_seed(comparison: Path, directory: Path) -> Path:
    """The same for seed 2 alone."""
    return _copied(comparison, directory, seeds=(2,))


def ten_seeds(comparison: Path, directory: Path) -> Path:
    """The runs of five seeds also under the names of five others; the subject is by far the best in the end."""
    _copied(comparison, directory, seeds=tuple(range(10)))
    own = directory / "recipes" / RECIPE
    for seed in range(5):
        for kept in (*own.glob(f"yardsticks/s{seed}.json"), *own.glob(f"rescored/*/s{seed}.json")):
            there = json.loads(kept.read_text())
            again = there | {"seed": seed + 5} if "seed" in there else there
            kept.with_name(f"s{seed + 5}.json").write_text(json.dumps(again))
        for run in (directory / "runs" / RECIPE).glob(f"*/s{seed}"):
            again = Path(shutil.copytree(run, run.with_name(f"s{seed + 5}")))
            known = (again / "config.toml").read_text()
            (again / "config.toml").write_text(known.replace(f"seed = {seed}\n", f"seed = {seed + 5}\n", 1))
    for seed in range(10):
        report = directory / "runs" / RECIPE / "subject" / f"s{seed}" / "metrics.json"
        known = json.loads(report.read_text())
        known["metrics"]["kl"]["value"] *= 1e-3 * (1 + seed)
        report.write_text(json.dumps(known))
    for file in (directory / "runs" / RECIPE).glob("mlp*/s[0-6]/evaluations.jsonl"):
        *lines, last = map(json.loads, file.read_text().splitlines())
        last["scores"]["kl"]["skill"] = 0.9
        file.write_text("".join(f"{json.dumps(line)}\n" for line in (*lines, last)))
    return directory


def two_recipes(comparison: Path, directory: Path) -> Path:
    """One seed of a recipe, and the same under another name."""
    (claim,) = declared(comparison).current.claims.values()
    _copied(comparison, directory, seeds=(2,), claims={RECIPE: claim, "again": claim})
    for part in ("recipes", "runs"):
        shutil.copytree(directory / part / RECIPE, directory / part / "again")
    return directory


def diverged(comparison: Path, directory: Path) -> Path:
    """The primary opponent's rates are huge on two seeds, and the subject failed on one of them; amended since."""
    _copied(comparison, directory, seeds=(0,))
    declare(directory, declared(directory).current.model_copy(update={"seeds": (0, 1)}))
    places = Places(directory, RECIPE)
    book = read(places.models, Book)
    huge = {"optimizer": {"discriminator": {"lr": 1e300}}}
    entries = {each.name: each for each in book.entries}
    entries["mlp"] = replace(entries["mlp"], document=merge(entries["mlp"].document, huge))
    write(places.models, replace(book, entries=tuple(entries.values())))
    shutil.rmtree(directory / places.run("mlp", 0).rpartition("/")[0])
    for seed in (0, 1):
        task = Task(places.run("mlp", seed), entries["mlp"].config(seed))
        assert carry_out(task, directory, told=lambda _: None).state == "diverged"
    shutil.rmtree(directory / places.run("subject", 1))
    places.failures.write_text(json.dumps({places.run("subject", 1): "no memory"}))
    return directory


def unfinished(comparison: Path, directory: Path) -> Path:
    """Planned, and nothing of it run."""
    _copied(comparison, directory, seeds=(0, 1, 2, 3, 4, 5))
    shutil.rmtree(directory / "runs")
    for name in ("yardsticks", "rescored", "speed", "cost.json"):
        path = directory / "recipes" / RECIPE / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return directory


def hostile(comparison: Path, directory: Path) -> Path:
    """Whatever may be any text is a bad one."""
    changes = {f"data.{text}": text for text in HOSTILE}
    others = [f"{n}{text}".replace("/", "\N{DIVISION SLASH}").replace("\0", "")[:80] for n, text in enumerate(HOSTILE)]
    controls = (*declared(comparison).current.controls, *others)
    _copied(comparison, directory, seeds=(0, 1), changes=changes, controls=controls)
    places, bad = Places(directory, RECIPE), iter(HOSTILE * 5)
    book = read(places.models, Book)
    entries = [replace(each, what=next(bad)) for each in book.entries]
    entries[3:3] = [replace(entries[3], name=text, left_out=text, tuning=None) for text in HOSTILE[:6]]
    entries = [
        replace(each, tuning=replace(each.tuning, settings={next(bad): next(bad)})) if each.tuning else each
        for each in entries
    ]
    write(places.models, replace(book, entries=tuple(entries)))
    for number, (name, text) in enumerate(zip(others, HOSTILE, strict=True)):
        scored = Rescored(name, "degraded", text, 0, 40, {"kl": None}, reason=text if number % 2 else None)
        write(places.rescored(name, 0), scored)
    speed = read(places.speed("subject"), Speed)
    write(places.speed("subject"), replace(speed, contended=next(bad), gpu=next(bad)))
    cost = json.loads(places.cost.read_text())
    cost["hardware"] |= {"formula": next(bad), "source": next(bad)}
    cost["break_even"] |= {"orders": None, "clock": None, "why_not": next(bad)}
    places.cost.write_text(json.dumps(cost))
    shutil.rmtree(directory / places.run("subject", 1))
    places.failures.write_text(json.dumps({places.run("subject", 1): "\n".join(HOSTILE)}))
    identity = directory / places.run("subject", 0) / "run.json"
    known = json.loads(identity.read_text())
    known["versions"] |= {text: text for text in HOSTILE}
    known |= {"plugins": list(HOSTILE), "git": {"commit": next(bad), "changed": True}}
    identity.write_text(json.dumps(known))
    return directory


MAKERS = {
    "one seed": one_seed,
    "ten seeds": ten_seeds,
    "two recipes": two_recipes,
    "diverged": diverged,
    "unfinished": unfinished,
    "hostile": hostile,
}


def _copied(comparison: Path, directory: Path, *, seeds: tuple[int, ...], **changes: Any) -> Path:
    """What there is of these seeds, declared anew."""
    known = declared(comparison).current.model_copy(update={"seeds": seeds, **changes})
    declare(directory, Declaration.model_validate(known))
    for part in ("recipes", "runs"):
        shutil.copytree(comparison / part, directory / part, ignore=shutil.ignore_patterns("checkpoints"))
    return directory
