"""The page of the whole comparison in Chromium: how it looks, and whether each of its numbers follows from the runs."""

__all__ = ["measure"]

import math
import re
import runpy
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks.evidence import ROOT, Figure, Workplace, table
from qgan._typing import Json
from qgan.seeding import Key, stream

Numbers: TypeAlias = Mapping[tuple[str, ...], list[float]]
Words: TypeAlias = Mapping[tuple[str, ...], list[str]]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
RECOMPUTE = ROOT / "tests" / "report" / "browser" / "recompute"
WIDTHS, SCHEMES, HEIGHT = (360, 1280), ("light", "dark"), 1600
CHANGED = 20
OPENED = "() => document.querySelectorAll('details').forEach((each) => { each.open = true; })"
# What is changed to see it noticed: the value beside a text, and the text of a sentence.
VALUE, SAID = re.compile(r'data-value="([^"]+)"'), re.compile(r'data-said data-testid="verdict-number">([^<]+)<')
WIDE = "document.documentElement.scrollWidth"
KEY = """
(each, name) => [
  each.closest("table[data-testid]")?.dataset.testid ?? "",
  name,
  ...["recipe", "model", "metric", "seed", "part"].map((key) => each.closest(`[data-${key}]`)?.dataset[key] ?? ""),
]
"""
NUMBERS = f"""
() => [...document.querySelectorAll("[data-value], [data-said]")].map((each) =>
  [({KEY})(each, each.dataset.testid), each.dataset.value ?? each.textContent])
"""
WORDS = f"""
() => [
  ...[...document.querySelectorAll("td[data-testid=verdict], td[data-testid=beaten]")].map((each) =>
    [({KEY})(each, each.dataset.testid), each.textContent]),
  ...[...document.querySelectorAll("p[data-testid=verdict]")].flatMap((each) => [
    [({KEY})(each, "verdict-claim"), each.querySelector(".first").textContent],
    ...(each.dataset.kind ? [[({KEY})(each, "verdict"), each.dataset.kind]] : []),
  ]),
]
"""


def measure(place: Workplace) -> Figure:
    """Opens the page that the figure ``whole`` left, takes its pictures, and holds its numbers against the runs.

    Raises:
        RuntimeError: If there is no page yet.
    """
    page, runs = place.out / "page.html", place.work / "whole"
    if not page.exists() or not runs.exists():
        raise RuntimeError("There is no page yet: measure `whole` first")
    recompute = runpy.run_path(str(RECOMPUTE), run_name="recompute")
    expected: Numbers = recompute["numbers_of"](runs)
    claims: Words = recompute["words_of"](runs)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        with _opened(browser, page) as (tab, _):
            printed, said = _numbers(tab), _words(tab)
        differing = _differing(printed, expected)
        looks = [_look(browser, page, place.out, width, scheme) for width in WIDTHS for scheme in SCHEMES]
        noticed = [_noticed(browser, page, expected, differing, cell) for cell in _places(page)]
        browser.close()
    results: Json = {
        "numbers": sum(map(len, printed.values())),
        "differing": [" ".join(key) for key in sorted(differing)],
        "claims": sum(map(len, said.values())),
        "other_claims": [" ".join(key) for key in sorted({*said, *claims}) if said.get(key) != claims.get(key)],
        "changed": len(noticed),
        "noticed": sum(noticed),
        "looks": looks,
    }
    return Figure("The page of the whole comparison, in Chromium", results, _body(results))


@contextmanager
def _opened(browser: Browser, path: Path, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A tab with the page, and what it asked for or complained of."""
    context, complaints = browser.new_context(**options), list[str]()
    tab = context.new_page()

    def asked(request: Request) -> None:
        if request.url != path.as_uri():
            complaints.append(request.url)

    tab.on("request", asked)
    tab.on("console", lambda said: complaints.append(said.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(path.as_uri())
    yield tab, complaints
    context.close()


def _look(browser: Browser, page: Path, out: Path, width: int, scheme: str) -> Json:
    picture = out / f"page-{width}-{scheme}.png"
    options: Json = {"viewport": {"width": width, "height": HEIGHT}, "color_scheme": scheme}
    with _opened(browser, page, **options, bypass_csp=True) as (tab, complaints):
        tab.screenshot(path=picture)
        tab.evaluate(OPENED)
        wide = tab.evaluate(WIDE)
        found = [each for each in Axe().run(tab).response["violations"] if each["impact"] in ("serious", "critical")]
    return {
        "width": width,
        "scheme": scheme,
        "picture": picture.name,
        "page_width": wide,
        "axe": [each["id"] for each in found],
        "complaints": complaints,
    }


def _numbers(tab: Page) -> Numbers:
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for key, value in tab.evaluate(NUMBERS):
        found[tuple(key)].append(float(value))
    return found


def _words(tab: Page) -> Words:
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, text in tab.evaluate(WORDS):
        found[tuple(key)].append(text)
    return found


def _differing(one: Numbers, other: Numbers) -> set[tuple[str, ...]]:
    return {key for key in {*one, *other} if not _same(one.get(key, []), other.get(key, []))}


def _same(one: list[float], other: list[float]) -> bool:
    close = (a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(one, other, strict=False))
    return len(one) == len(other) and all(close)


def _places(page: Path) -> list[re.Match[str]]:
    """Numbers that are changed, one at a time: some of all, and all in the sentences of verdicts."""
    text = page.read_text("utf-8")
    cells = [*VALUE.finditer(text)]
    chosen = stream(Key(0, "numbers of a page")).choice(len(cells), size=min(CHANGED, len(cells)), replace=False)
    return [*(cells[place] for place in sorted(chosen)), *SAID.finditer(text)]


def _noticed(browser: Browser, page: Path, expected: Numbers, known: set[tuple[str, ...]], cell: re.Match[str]) -> bool:
    text = page.read_text("utf-8")
    # By no less than the digits of a sentence show.
    value = float(cell[1])
    changed = f"{value + 1:g}" if cell.re is SAID else repr(value * 1.001 + 1e-3)
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "index.html"
        other.write_text(text[: cell.start(1)] + changed + text[cell.end(1) :], "utf-8")
        with _opened(browser, other) as (tab, _):
            return len(_differing(_numbers(tab), expected) - known) == 1


def _body(results: Json) -> str:
    differing, claims = results["differing"], results["other_claims"]
    rows = [
        (
            f"[{look['width']} px, {look['scheme']}]({look['picture']})",
            f"{look['page_width']} px",
            len(look["complaints"]),
            ", ".join(look["axe"]) or "none",
        )
        for look in results["looks"]
    ]
    return "\n\n".join(
        (
            f"[page.html](page.html) prints {results['numbers']} numbers; {len(differing) or 'none'} of them "
            f"{'differ' if differing else 'differs'} from what a script that knows nothing of the package works out "
            f"from the files of the runs, and of its {results['claims']} claims in words "
            f"{len(claims) or 'none'}. With one number changed, by a thousandth or in the text of a "
            f"verdict, the same check noticed {results['noticed']} of {results['changed']} changes.",
            table(("as seen", "wide", "requests, errors", "serious findings of axe"), rows),
            *(f"![{look['width']} px, {look['scheme']}]({look['picture']})" for look in results["looks"]),
        )
    )
