"use strict";
// Draws each figure's table as a chart above it. The table stays: it is what a screen reader reads, and the chart is hidden from it.
(() => {
  const DAY_S = 86400;
  const drawn = new Map();
  const numbers = (rows, name) => rows.map((row) => (row.dataset[name] === "" ? null : Number(row.dataset[name])));
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function series(figure) {
    return figure.dataset.series.split(",").map((each) => {
      const [name, label, tone, look] = each.split(":");
      const dash = look === "dashed" ? [6, 4] : undefined;
      const points = { show: look === "points", size: 5 };
      return { name, label, stroke: colour(`--${tone}`), width: look === "points" ? 2 : 1.5, dash, points, spanGaps: true };
    });
  }

  function draw(figure) {
    drawn.get(figure)?.destroy();
    const rows = Array.from(figure.querySelectorAll("tr[data-at]"));
    const shown = series(figure);
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const at = numbers(rows, "at");
    const place = figure.querySelector(".chart");
    const options = {
      width: Math.max(place.clientWidth, 200),
      height: 150,
      cursor: { drag: { x: false, y: false } },
      legend: { live: false },
      scales: { x: { range: (_, first, last) => (at.length === 1 ? [at[0] - DAY_S, at[0] + DAY_S] : [first, last]) }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 1)] } },
      axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${tick}${figure.dataset.unit}`) }],
      series: [{}, ...shown],
    };
    drawn.set(figure, new uPlot(options, [at, ...shown.map((each) => numbers(rows, each.name))], place));
  }

  function drawAll() {
    for (const figure of drawn.keys()) if (!figure.isConnected) drawn.delete(figure);
    for (const figure of document.querySelectorAll("figure[data-series]")) draw(figure);
  }

  let waiting = 0;
  const drawSoon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(drawAll);
  };
  window.addEventListener("resize", drawSoon);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawSoon);
  document.addEventListener("htmx:afterSettle", drawSoon);
  document.addEventListener("htmx:historyRestore", drawSoon);
  drawAll();
})();
