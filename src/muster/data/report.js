"use strict";
// Shows only what holds every word of the filter and is of a chosen severity. The page is whole without it.
const form = document.querySelector("form");
const box = document.querySelector("input[type=search]");
const told = document.querySelector("#shown");
const rows = Array.from(document.querySelectorAll("[data-row]"), (row) => [row, row.textContent.toLowerCase()]);

function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = new Set(Array.from(form.querySelectorAll("input:checked"), (input) => input.value));
  let shown = 0;
  for (const [row, text] of rows) {
    const severity = row.dataset.severity;
    row.hidden = (severity && !chosen.has(severity)) || !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  told.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== box) {
    event.preventDefault();
    box.focus();
  } else if (event.key === "Escape" && document.activeElement === box) {
    box.value = "";
    filter();
  }
});
