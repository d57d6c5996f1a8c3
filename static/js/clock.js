// Times that count. The page's text never depends on the clock: the server prints moments, this fills in how long ago.
//   time[data-elapsed]  6:42 or 1:06:42, with data-of "6:42 of ~8:10"      time[data-since]  12 s, 4 min, 1 h 12 min, 3 d; data-suffix follows (" ago")
//   time[data-at]  14:21 in the reader's zone, with the day when it is another one      [data-clock]  now, in that zone
//   time[data-day]      27 Nov 2026, 14:21 in that zone
//   time[title]  is told in that zone, too, and names it
//   [data-until]  around a time[data-due]: hidden once that is past, as an expectation that failed tells nothing
// html[data-skew] is the server's clock minus this one, in ms: from `server:time` events and from any answer's Date.
const root = document.documentElement;
const KEPT = 'clock-skew';
// A Date header is cut to the second and was on its way for a while: smaller differences are noise.
const COARSE_MS = 2000;
const DAY = 86400000;
let skew = 0;
try { skew = Number(sessionStorage.getItem(KEPT)) || 0; } catch { /* storage refused */ }
root.dataset.skew = skew;

const two = n => String(n).padStart(2, '0');
const clock = s => s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}`
  : `${Math.floor(s / 3600)}:${two(Math.floor(s % 3600 / 60))}:${two(s % 60)}`;
const words = s => {
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60), h = Math.floor(m / 60);
  if (m < 60) return `${m} min`;
  if (h < 24) return h < 10 && m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  return `${Math.floor(h / 24)} d`;
};
const elapsed = (el, s) => el.dataset.of ? `${clock(s)} of ~${el.dataset.of}` : clock(s);
const DAY_AND_TIME = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const EXACT = { ...DAY_AND_TIME, weekday: 'short', second: '2-digit', timeZoneName: 'short' };
// The server tells times in UTC, "Started Fri 27 Nov 2026, 14:21:07 UTC": what is before the time is kept.
const UTC_TIME = /\w{3} \d+ \w{3} \d{4}, [\d:]+ UTC$/;
const put = (el, text) => { if (el.textContent !== text) el.textContent = text; };

const tick = () => {
  // What is not known to be current does not go on counting.
  if (document.hidden || root.hasAttribute('data-stale')) return;
  const now = Date.now() + skew;
  for (const el of document.querySelectorAll('time[data-elapsed], time[data-since]')) {
    const moment = Date.parse(el.dateTime);
    if (Number.isNaN(moment)) continue;
    const seconds = Math.max(0, Math.floor((now - moment) / 1000));
    put(el, 'elapsed' in el.dataset ? elapsed(el, seconds) : words(seconds) + (el.dataset.suffix ?? ''));
  }
  for (const el of document.querySelectorAll('time[data-at]')) {
    const at = new Date(el.dateTime);
    if ('due' in el.dataset) el.closest('[data-until]')?.toggleAttribute('hidden', at < now);
    const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
    const other = Math.abs(now - at) > DAY ? at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' }) : '';
    put(el, other && !el.closest('.gantt__ticks') ? `${other}, ${time}` : time);
  }
  for (const el of document.querySelectorAll('time[data-day]')) {
    put(el, new Date(el.dateTime).toLocaleString('en-GB', DAY_AND_TIME));
  }
  for (const el of document.querySelectorAll('time[title$=" UTC"]')) {
    const told = el.title.replace(UTC_TIME, () => new Date(el.dateTime).toLocaleString('en-GB', EXACT));
    // Where the reader's zone is UTC it says so already.
    if (told !== el.title) el.title = told;
  }
  root.dataset.ticking = '';
  const d = new Date(now);
  for (const el of document.querySelectorAll('[data-clock]')) put(el, `${two(d.getHours())}:${two(d.getMinutes())}`);
};

const correct = (server, tolerance) => {
  const found = server - Date.now();
  if (Number.isNaN(found) || Math.abs(found - skew) <= tolerance) return;
  skew = root.dataset.skew = Math.round(found);
  try { sessionStorage.setItem(KEPT, skew); } catch { /* storage refused */ }
  tick();
};

document.addEventListener('server:time', e => correct(Date.parse(e.detail), 250));
document.addEventListener('htmx:after:request', e => {
  const date = e.detail.ctx?.response?.headers?.get('Date');
  if (date) correct(Date.parse(date) + 500, COARSE_MS);
});
for (const event of ['htmx:after:swap', 'clock:fill', 'visibilitychange']) document.addEventListener(event, tick);

tick();
if (!root.hasAttribute('data-frozen')) setInterval(tick, 1000);
