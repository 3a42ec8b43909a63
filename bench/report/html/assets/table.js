// Tables that sort by their headers, and a box that filters questions and systems.
"use strict";

(() => {
  const collator = new Intl.Collator("en", { numeric: true });

  // Missing keys stay last in both directions.
  const compare = (a, b, numbers, sign) => {
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return sign * (numbers ? Number(a) - Number(b) : collator.compare(a, b));
  };

  const sort = (table, header) => {
    const headers = [...header.parentElement.children];
    const place = headers.indexOf(header);
    const numbers = header.classList.contains("number");
    const first = numbers && header.textContent.trim() !== "rank" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const way = header.getAttribute("aria-sort") === first ? other : first;
    for (const one of headers) one.setAttribute("aria-sort", one === header ? way : "none");
    const sign = way === "ascending" ? 1 : -1;
    const key = (row) => row.children[place].dataset.key;
    const rows = [...table.tBodies[0].rows].sort((a, b) => compare(key(a), key(b), numbers, sign));
    table.tBodies[0].append(...rows);
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const header of table.tHead.rows[0].cells) {
      header.querySelector("button").addEventListener("click", () => sort(table, header));
    }
  }

  const box = document.getElementById("filter");
  const found = document.getElementById("found");

  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let systems = 0;
    let questions = 0;
    for (const section of document.querySelectorAll("section.question")) {
      const title = section.dataset.title.toLowerCase();
      let here = 0;
      for (const row of section.querySelectorAll("tr[data-name]")) {
        const text = `${title} ${row.dataset.name.toLowerCase()}`;
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden && row.closest("details") === null) here += 1;
      }
      section.hidden = here === 0;
      const link = document.querySelector(`[data-question="${CSS.escape(section.id)}"]`);
      if (link) link.hidden = here === 0;
      systems += here;
      questions += here > 0;
    }
    const told = box.dataset.told === "rows" ? `${systems} ${systems === 1 ? "row" : "rows"}` : `${systems} rows in ${questions} questions`;
    found.textContent = words.length ? told : "";
  };

  if (box) box.addEventListener("input", filter);
})();
