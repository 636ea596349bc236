"""What a browser makes of a page: it asks for nothing, complains of nothing, runs nothing, and can be read anywhere."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

MEGABYTE = 10**6
# Of letters in pictures, in pixels of the screen.
SMALLEST_LETTERS = 9.0

LETTERS = """
() => [...document.querySelectorAll("svg.plot text")].map((each) => {
  const drawn = each.getScreenCTM();
  return { text: each.textContent, size: parseFloat(getComputedStyle(each).fontSize) * Math.hypot(drawn.a, drawn.b) };
})
"""
OUTSIDE = """
() => [...document.querySelectorAll("svg.plot")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((each) => {
    const box = each.getBoundingClientRect();
    const wide = box.left < frame.left - 1 || box.right > frame.right + 1;
    return wide || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  }).map((each) => each.textContent);
})
"""
OPENED = "() => document.querySelectorAll('details').forEach((each) => { each.open = true; })"
SORTED = """
([name, at]) => {
  const table = document.querySelector(`table[data-testid=${name}]`);
  return [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[at];
    const held = cell.matches("[data-value]") ? cell : cell.querySelector("[data-value]");
    return held ? Number(held.dataset.value) : null;
  });
}
"""


def test_it_asks_for_nothing_and_complains_of_nothing(reported, open_page):
    opened = open_page(reported.page)
    opened.page.evaluate(OPENED)
    opened.page.wait_for_load_state("networkidle")
    assert opened.complaints == []
    assert opened.page.evaluate("window.__violations") == []
    assert opened.page.evaluate("window.__pwned") is None


def test_requests_scripts_and_errors_would_be_noticed(full, open_page, tmp_path):
    bad = '<img src="https://example.org/x.png"><script>window.__pwned = 1</script><p onclick="1" style="color:red">'
    page = tmp_path / "index.html"
    page.write_text(full.page.read_text("utf-8").replace("</main>", f"{bad}</main>"), "utf-8")
    opened = open_page(page)
    assert opened.complaints
    assert set(opened.page.evaluate("window.__violations")) >= {"img-src", "script-src-elem"}
    assert opened.page.evaluate("window.__pwned") is None
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
    page.write_text(free, "utf-8")
    opened = open_page(page)
    assert opened.page.evaluate("window.__pwned") == 1
    assert any(each.startswith("request: https://example.org") for each in opened.complaints)


def test_bad_names_are_texts(reported, open_page):
    """Nothing of them has become an element or an attribute."""
    page = open_page(reported.page).page
    assert page.locator("main script, main iframe, main object, main form, main [onload], main [onerror]").count() == 0
    assert page.locator("img:not([src^='data:image/'])").count() == 0
    links = page.locator("a").evaluate_all("found => found.map((each) => each.getAttribute('href'))")
    assert all(re.match(r"#|csv/|figures/|data\.json$", link) for link in links)
    if "hostile" in str(reported.directory):
        text = page.locator("main").text_content() or ""
        for part in (
            "<script>window.__pwned = 1</script>",
            "onerror=",
            "{{ 7 * 7 }} ]]> &amp; &lt;b&gt;",
            "</style><svg",
        ):
            assert part in text


def test_axe_finds_nothing_serious(reported, open_page):
    page = open_page(reported.page, bypass_csp=True).page
    page.evaluate(OPENED)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
        assert [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found] == [], scheme


def test_nothing_is_wider_than_the_screen(reported, open_page):
    page = open_page(reported.page).page
    page.evaluate(OPENED)
    for width in (360, 768, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1280])
def test_letters_of_pictures_can_be_read(full, open_page, width):
    page = open_page(full.page, viewport={"width": width, "height": 800}).page
    page.evaluate(OPENED)
    letters = page.evaluate(LETTERS)
    assert len(letters) > 20
    assert {each["text"]: each["size"] for each in letters if each["size"] < SMALLEST_LETTERS} == {}
    assert page.evaluate(OUTSIDE) == []


def test_without_javascript_everything_is_there(reported, open_page):
    shown, plain = open_page(reported.page).page, open_page(reported.page, java_script_enabled=False).page
    for part in ("table.data", "svg.plot", "[data-value]", ".verdict", "figcaption"):
        assert plain.locator(part).count() == shown.locator(part).count()
    for verdict in plain.locator(".verdict").all():
        assert verdict.is_visible()
    assert plain.locator("main").inner_text() != ""


@pytest.mark.slow
def test_tables_sort_both_ways_and_back(full, open_page):
    page = open_page(full.page).page
    page.evaluate(OPENED)
    before = whole(page)
    tried = 0
    for table in page.locator("table[data-testid]").all():
        name = table.get_attribute("data-testid")
        buttons = table.locator("thead button")
        for at in range(buttons.count()):
            first = page.evaluate(SORTED, [name, at])
            there = [each for each in first if each is not None]
            if len(set(there)) < 2:
                continue
            missing = [None] * (len(first) - len(there))
            for order, expected in (("ascending", sorted(there)), ("descending", sorted(there, reverse=True))):
                buttons.nth(at).click()
                assert page.evaluate(SORTED, [name, at]) == [*expected, *missing]
                assert table.locator("thead th").nth(at).get_attribute("aria-sort") == order
            buttons.nth(at).click()
            assert page.evaluate(SORTED, [name, at]) == first
            tried += 1
    assert tried > 20
    assert whole(page) == before


def whole(page):
    """The document, but for the blanks between elements."""
    return re.sub(r">\s+<", "><", page.locator("main").inner_html())


def test_the_keyboard_reaches_the_heads_of_tables(full, open_page):
    page = open_page(full.page).page
    button = page.locator("table[data-testid=table-summary] thead button").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("table[data-testid=table-summary] thead th").first.get_attribute("aria-sort") == "ascending"
    assert button.evaluate("each => getComputedStyle(each).outlineStyle") != "none"


def test_paper_takes_few_pages(reported, open_page):
    pdf = open_page(reported.page).page.pdf(format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 1 <= pages <= 40


def test_pages_are_small(reported):
    assert reported.page.stat().st_size < 2 * MEGABYTE


def test_the_same_comparison_gives_the_same_bytes(full, make_page):
    again = make_page(full.directory)
    for name in ("index.html", "data.json"):
        assert (again.page.parent / name).read_bytes() == (full.page.parent / name).read_bytes()
