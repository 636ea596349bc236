"use strict";
// Sorts a table by the column whose head is pressed; everything is there without it.
for (const table of document.querySelectorAll("table.data")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const first = [...body.rows];
  const worth = (row, at) => {
    const cell = row.cells[at];
    const held = cell.matches("[data-value]") ? cell : cell.querySelector("[data-value]");
    const text = cell.textContent.trim();
    return held ? { number: Number(held.dataset.value) } : text === "\u2013" || text === "" ? { missing: true } : { text };
  };
  const compared = (one, other) => {
    // What is missing comes last, whichever way one sorts.
    if ("number" in one && "number" in other) return one.number - other.number;
    if ("number" in one !== "number" in other) return "number" in one ? -1 : 1;
    return one.text.localeCompare(other.text, "en", { numeric: true });
  };
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const turn = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort") || "none"];
      for (const each of heads) each.removeAttribute("aria-sort");
      if (turn !== "none") head.setAttribute("aria-sort", turn);
      const sign = turn === "descending" ? -1 : 1;
      const held = first.map((row) => ({ row, worth: worth(row, at) }));
      const there = held.filter((each) => !each.worth.missing);
      const rows = turn === "none" ? held : [...there.sort((a, b) => sign * compared(a.worth, b.worth)), ...held.filter((each) => each.worth.missing)];
      body.append(...rows.map((each) => each.row));
    });
  });
}
