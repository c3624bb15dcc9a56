"use strict";
(() => {
  const chart = document.getElementById("chart");
  const whole = chart.viewBox.baseVal.width;
  const bars = [...chart.querySelectorAll("g")].map((group) => {
    const rect = group.querySelector("rect");
    return { group, rect, text: group.querySelector("text"), left: +rect.getAttribute("x"), width: +rect.getAttribute("width") };
  });
  const show = (chosen) => {
    const scale = whole / chosen.width;
    for (const bar of bars) {
      const left = Math.max(0, (bar.left - chosen.left) * scale);
      const right = Math.min(whole, (bar.left + bar.width - chosen.left) * scale);
      const width = right - left;
      bar.group.toggleAttribute("hidden", width <= 0);
      bar.group.style.display = width <= 0 ? "none" : "";
      bar.rect.setAttribute("x", left);
      bar.rect.setAttribute("width", Math.max(0, width));
      bar.text.setAttribute("x", left + 3);
      const fitting = Math.floor(width / 6.6);
      const name = bar.group.dataset.name;
      bar.text.textContent = name.length <= fitting ? name : fitting > 3 ? name.slice(0, fitting - 1) + "…" : "";
    }
  };
  for (const bar of bars) {
    bar.group.addEventListener("click", () => show(bar));
    bar.group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(bar); }
    });
  }
})();
