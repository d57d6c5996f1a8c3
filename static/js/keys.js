// Single keys, where nobody types: ? the sheet, g and a letter go somewhere, J and K walk rows, Space opens one in place.
// The sheet has a switch for them (WCAG 2.1.4).
//   [data-go="n"]             where g n goes
//   #keys, #keys [data-when]  the sheet, and lines of it that only hold where such a link is
//   #keys-on                  the switch; localStorage keeps it

const GOES = 1500;
const ROWS = 'li[data-pipeline], tr[data-pipeline], tr.bulletin, tr[data-team], li[data-team], li[data-execution], tr[data-execution]';
const PIPELINE = /^\/teams\/[^/]+\/pipelines\/[^/]+$/;
const sheet = document.getElementById('keys');
const main = () => document.getElementById('main');
// A field of a dialog that has just been closed keeps the focus for a moment.
const typing = el => Boolean(el?.closest?.('input, textarea, select, [contenteditable]')?.getClientRects().length);
const announce = text => {
  const ear = document.getElementById('announce');
  if (ear) ear.textContent = text;
};

let on = true;
try { on = localStorage.getItem('keys') !== 'off'; } catch { /* storage refused */ }
const theSwitch = document.getElementById('keys-on');
if (theSwitch) theSwitch.checked = on;
theSwitch?.addEventListener('change', () => {
  on = theSwitch.checked;
  try { localStorage.setItem('keys', on ? 'on' : 'off'); } catch { /* storage refused */ }
});
const openSheet = () => {
  if (!sheet) return;
  for (const line of sheet.querySelectorAll('[data-when]')) line.hidden = !document.querySelector(`[data-go="${line.dataset.when}"]`);
  if (!sheet.open) sheet.showModal();
};
document.addEventListener('keys:open', openSheet);
sheet?.addEventListener('click', e => { if (e.target === sheet || e.target.closest('[data-close]')) sheet.close(); });

// Rows.
const rows = () => [...main().querySelectorAll(ROWS)].filter(row => row.getClientRects().length && !row.querySelector(ROWS));
const current = () => document.activeElement?.closest?.(ROWS) ?? null;
const walk = by => {
  const all = rows();
  const at = all.indexOf(opened?.panel.contains(document.activeElement) ? rowOf(opened.path) : current());
  const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  if (!row) return;
  row.querySelector('a[href], summary, button')?.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
};

// A row opened in place: its panel stands behind it, whatever the live page does to the list.
let opened = null;
const pathOf = row => [...row.querySelectorAll('a[href]')].map(a => a.pathname).find(path => PIPELINE.test(path));
const rowOf = path => rows().find(row => pathOf(row) === path) ?? null;
const close = () => {
  opened?.panel.remove();
  opened = null;
};
const settle = () => {
  if (!opened) return;
  const row = rowOf(opened.path);
  if (!row) close();
  else if (row.nextElementSibling !== opened.panel) row.after(opened.panel);
};
const panelFor = row => {
  const panel = document.createElement(row.tagName === 'TR' ? 'tr' : 'li');
  const body = panel.tagName === 'TR' ? document.createElement('td') : panel;
  if (body !== panel) { body.colSpan = row.cells.length; panel.append(body); }
  panel.className = 'opened';
  return { panel, body };
};
const load = async it => {
  try {
    const answer = await fetch(`${it.path}/details`, { headers: { 'HX-Request': 'true' } });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.status);
    it.body.innerHTML = await answer.text();
    document.dispatchEvent(new Event('clock:fill'));
  } catch {
    it.body.textContent = 'The details could not be loaded.';
  }
};
const toggle = async row => {
  const path = pathOf(row);
  if (!path) return false;
  if (opened?.path === path) { close(); return true; }
  close();
  const it = opened = { path, ...panelFor(row) };
  row.after(it.panel);
  await load(it);
  if (opened === it) announce(`Details of ${row.querySelector('a[href]').textContent.trim()}`);
  return true;
};
document.addEventListener('submit', async e => {
  if (!opened?.panel.contains(e.target)) return;
  e.preventDefault();
  const it = opened;
  try {
    const answer = await fetch(e.target.action, {
      method: 'POST', body: new FormData(e.target), headers: { 'HX-Request': 'true' }, redirect: 'manual',
    });
    if (!answer.ok && answer.type !== 'opaqueredirect') throw new Error(answer.status);
  } catch {
    announce('That did not work. Nothing was changed.');
    return;
  }
  await load(it);
  announce(it.body.querySelector('[data-details]')?.dataset.said ?? 'Done');
  it.body.querySelector('.details__do a, .details__do button')?.focus();
});
document.addEventListener('htmx:after:swap', settle);
setInterval(settle, 500);

let goUntil = 0;
const KEYS = {
  '?': () => openSheet(),
  g: () => { goUntil = performance.now() + GOES; },
  j: () => walk(1),
  k: () => walk(-1),
};
document.addEventListener('keydown', e => {
  if (!on || e.defaultPrevented || e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
  if (typing(e.target) || document.querySelector('dialog[open]')) return;
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  if (performance.now() < goUntil && key !== 'g') {
    goUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) { e.preventDefault(); link.click(); return; }
  }
  if (key === ' ') {
    const row = current();
    if (row && !e.target.closest('button, summary') && pathOf(row)) { e.preventDefault(); toggle(row); }
    return;
  }
  if (key === 'Escape' && opened) {
    const row = rowOf(opened.path);
    close();
    row?.querySelector('a[href]')?.focus();
    return;
  }
  if (KEYS[key]) { e.preventDefault(); KEYS[key](); }
});
