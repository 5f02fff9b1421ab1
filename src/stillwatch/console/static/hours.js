// An account's hours: drag over a stretch, and whatever else the page shows of its requests is of that stretch.
"use strict";
(() => {
  const place = document.getElementById("hours");
  if (!place) return;
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hour = 3600;
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  const show = (asked) => {
    htmx.ajax("GET", place.dataset.stretch + asked, { target: "#stretch-panel" });
    htmx.ajax("GET", place.dataset.requests + asked, { target: "#requests-panel" });
  };

  const draw = (rows) => {
    if (!rows.length) {
      place.textContent = "The log holds no time of its requests.";
      return;
    }
    // Hours without requests are noughts, not gaps.
    const first = rows[0][0];
    const length = (rows[rows.length - 1][0] - first) / hour + 1;
    const times = Array.from({ length }, (_, n) => first + n * hour);
    const counts = new Array(length).fill(0);
    rows.forEach(([time, count]) => {
      counts[(time - first) / hour] = count;
    });
    const bars = uPlot.paths.bars({ size: [0.9, 40] });
    const axis = () => ({ stroke: () => tone("--soft"), grid: { stroke: () => tone("--hair"), width: 1 }, ticks: { show: false }, font: "12px sans-serif" });
    // As every other time of the page is written: the day at midnight, else the hour.
    const written = (_, splits) =>
      splits.map((second) => {
        const time = new Date(second * 1000);
        const day = `${time.getUTCDate()} ${months[time.getUTCMonth()]}`;
        return second % 86400 ? `${String(time.getUTCHours()).padStart(2, "0")}:00` : day;
      });
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height: 205,
        tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC"),
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false, setScale: false } },
        axes: [{ ...axis(), values: written, incrs: [3600, 10800, 21600, 43200, 86400, 172800, 604800, 2419200] }, { ...axis(), size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] }],
        scales: { y: { range: (_, low, high) => [0, Math.max(high, 1) * 1.05] } },
        series: [{}, { stroke: () => tone("--area"), fill: () => tone("--area"), paths: bars, points: { show: false } }],
        hooks: {
          setSelect: [
            (self) => {
              if (self.select.width < 2) return;
              const stamp = (left) => new Date(Math.round(self.posToVal(left, "x")) * 1000).toISOString();
              show(`&from=${stamp(self.select.left)}&to=${stamp(self.select.left + self.select.width)}`);
            },
          ],
        },
      },
      [times, counts],
      place,
    );
    new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 205 })).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot.redraw());
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-whole]")) return;
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      show("");
    });
    place.dataset.drawn = "yes";
  };

  fetch(place.dataset.hours)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .then(draw)
    .catch(() => {
      place.textContent = "The hours cannot be drawn; the table beside holds them by weekday.";
    });
})();
