// What grows while a run moves: gauges on the board, bars in a timeline. Only SVG attributes change.
//   svg[data-gauge=began][data-usual=s][data-scale=s]   .fill up to the usual time, .late beyond it, of 100
//   svg.gantt[data-begin][data-end] rect[data-began]     a bar from its begin to now, of 1000
//   svg.gantt[data-begin][data-end] path[data-now]       a line at now
const root = document.documentElement;
const set = (el, name, value) => { if (el && el.getAttribute(name) !== value) el.setAttribute(name, value); };
const within = (value, most) => Math.max(0, Math.min(most, value));

const grow = () => {
  if (document.hidden) return;
  const now = Date.now() + (Number(root.dataset.skew) || 0);
  for (const gauge of document.querySelectorAll('svg[data-gauge]')) {
    const seconds = (now - Number(gauge.dataset.gauge)) / 1000;
    const share = 100 * seconds / Number(gauge.dataset.scale);
    set(gauge.querySelector('.fill'), 'width', within(share, 80).toFixed(1));
    set(gauge.querySelector('.late'), 'width', within(share - 80, 20).toFixed(1));
  }
  for (const bar of document.querySelectorAll('rect[data-began]')) {
    const { begin, end } = bar.ownerSVGElement.dataset;
    const scale = 1000 / (Number(end) - Number(begin));
    const from = within((Number(bar.dataset.began) - begin) * scale, 1000);
    set(bar, 'width', within((now - begin) * scale - from, 1000 - from).toFixed(1));
  }
  for (const line of document.querySelectorAll('path[data-now]')) {
    const { begin, end } = line.ownerSVGElement.dataset;
    set(line, 'd', `M${within(1000 * (now - begin) / (Number(end) - Number(begin)), 1000).toFixed(1)} 0V24`);
  }
};

for (const event of ['htmx:after:swap', 'visibilitychange']) document.addEventListener(event, grow);
grow();
if (!root.hasAttribute('data-frozen')) setInterval(grow, 1000);
