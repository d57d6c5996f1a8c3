// The palette, on Ctrl/Cmd-K and /: a combobox over a list box. Focus stays in the field; aria-activedescendant says which
// hit is meant, the first one to begin with, and Enter goes there. Without scripts its field is a form that leads to /search,
// which has the same hits.
//   #palette[data-reader]      the dialog; what its reader opened last is kept in localStorage under their id
//   #palette-found             what the server found: .palette__part > a.palette__item
//   #palette-recents, -verbs   made here
//   [data-verb], [hx-post]     of the row that had the focus, else of the page: what can be done to it

const dialog = document.getElementById('palette');
const RECENTS = 'recents:';
const MOST = 8;
const TYPED = 150;

const part = name => document.getElementById(`palette-${name}`);
const shown = el => Boolean(el && el.getClientRects().length);
// A field of a dialog that has just been closed keeps the focus for a moment.
const typing = el => Boolean(el?.closest?.('input, textarea, select, [contenteditable]')?.getClientRects().length);
const announce = text => {
  const ear = document.getElementById('announce');
  if (ear) ear.textContent = text;
};

// What this person opened last. Nobody else who uses this browser sees it.
const mine = RECENTS + (dialog?.dataset.reader ?? '');
const recents = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(mine) ?? '[]');
    return kept.filter(each => typeof each.text === 'string' && /^\/(?!\/)/.test(each.href)).slice(0, MOST);
  } catch { return []; }
};
const remember = (href, text, sub) => {
  try {
    const others = recents().filter(each => each.href !== href);
    localStorage.setItem(mine, JSON.stringify([{ href, text, sub }, ...others].slice(0, MOST)));
  } catch { /* storage refused */ }
};
const forget = keep => {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(RECENTS) && key !== keep) localStorage.removeItem(key);
  } catch { /* storage refused */ }
};
if (dialog) forget(mine);
document.addEventListener('submit', e => {
  const action = new URL(e.target.action, location.href).pathname;
  if (action === '/logout' || action === '/account/sessions/end-all') forget('');
}, true);

// Verbs: of the row that had the focus, else of the page.
const PIPELINE = /^\/teams\/[^/]+\/pipelines\/[^/]+$/;
const TEAM = /^\/teams\/[^/]+$/;
let row = null;
const places = () => {
  if (!row) return [document.getElementById('main')];
  const panel = row.nextElementSibling;
  return panel?.classList.contains('opened') ? [row, panel] : [row];
};
const links = (from, pattern) => [...from.querySelectorAll('a[href]')].filter(a => pattern.test(a.pathname));
const doing = (label, selector) => {
  const found = places().flatMap(each => [...each.querySelectorAll(selector)]).find(shown);
  return found && { label, run: () => found.click() };
};
const copyLink = () => {
  const link = row && links(row, PIPELINE)[0];
  const href = link ? link.href : location.href;
  navigator.clipboard?.writeText(href).then(() => announce('Link copied'), () => announce('Not copied'))
    ?? announce('Not copied: this page has no clipboard without https');
};
const verbs = () => {
  const name = row && links(row, PIPELINE)[0]?.textContent.trim();
  const team = links(row ?? document.querySelector('.crumbs') ?? document.createElement('p'), TEAM)[0];
  const of = [
    doing('Take it', '[data-verb="take"], [hx-post$="/take"]'),
    doing('Give it back', '[data-verb="give-back"], [hx-post$="/give-back"]'),
    doing('Hand it on', '[data-verb="hand-on"], a[href*="holder=1"]'),
    doing('Open the log', '[data-verb="log"], .failure__links a'),
    { label: 'Copy link', run: copyLink },
  ].filter(Boolean).map(verb => ({ ...verb, sub: name ?? '' }));
  const pages = [...document.querySelectorAll('.nav a')].map(a => ({ label: `Go to ${a.textContent.trim()}`, href: a.pathname }));
  return [
    ...of,
    ...(team ? [{ label: `Go to team ${team.textContent.trim()}`, href: team.pathname }] : []),
    ...pages,
    { label: 'Views and stars', href: dialog.dataset.views },
    { label: 'Switch between light and dark', sub: 'theme', run: () => document.querySelector('[data-theme-toggle]')?.click() },
    { label: 'Keyboard shortcuts', sub: '?', run: () => document.dispatchEvent(new Event('keys:open')) },
  ];
};

// The list.
const option = ({ label, sub, href, run }) => {
  const el = document.createElement(href ? 'a' : 'div');
  el.className = 'palette__item';
  if (href) el.href = href;
  const text = document.createElement('span');
  text.className = 'trunc';
  text.textContent = label;
  el.append(text);
  if (sub) {
    const more = document.createElement('span');
    more.className = 'palette__sub';
    more.textContent = sub;
    el.append(more);
  }
  if (run) el.addEventListener('click', () => { dialog.close(); run(); });
  return el;
};
const fill = (name, title, items) => {
  const group = document.createElement('div');
  const head = document.createElement('p');
  group.className = 'palette__part';
  group.setAttribute('aria-label', title);
  head.className = 'palette__group';
  head.textContent = title;
  group.append(head, ...items.map(option));
  part(name).replaceChildren(...(items.length ? [group] : []));
};
const options = () => [...part('results').querySelectorAll('.palette__item')];
let at = 0;
const select = place => {
  const all = options();
  at = Math.max(0, Math.min(all.length - 1, place));
  all.forEach((el, n) => el.setAttribute('aria-selected', String(n === at)));
  const field = dialog.querySelector('input');
  if (all[at]) field.setAttribute('aria-activedescendant', all[at].id);
  else field.removeAttribute('aria-activedescendant');
  all[at]?.scrollIntoView({ block: 'nearest' });
};
const dress = () => {
  const none = part('found').querySelector(':scope > p');
  part('say').textContent = none?.textContent ?? '';
  none?.remove();
  for (const el of part('results').querySelectorAll('.palette__part')) el.setAttribute('role', 'group');
  for (const el of part('results').querySelectorAll('.palette__group')) el.setAttribute('aria-hidden', 'true');
  const all = options();
  all.forEach((el, n) => { el.id = `hit-${n}`; el.setAttribute('role', 'option'); el.tabIndex = -1; });
  part('results').hidden = !all.length;
  dialog.querySelector('input').setAttribute('aria-expanded', String(all.length > 0));
  select(0);
};
const draw = () => {
  const words = dialog.querySelector('input').value.toLowerCase().split(/\s+/).filter(Boolean);
  const takes = item => words.every(word => `${item.label} ${item.sub ?? ''}`.toLowerCase().includes(word));
  fill('recents', 'Opened last', words.length ? [] : recents().map(({ href, text, sub }) => ({ label: text, sub, href })));
  fill('verbs', 'Do', verbs().filter(takes));
  dress();
};

// What the server finds. `goes`: Enter was pressed before it had answered.
let asked = null;
let goes = false;
let waiting = 0;
const ask = async () => {
  const field = dialog.querySelector('input');
  asked?.abort();
  const mineNow = asked = new AbortController();
  const url = new URL(field.form.action);
  url.searchParams.set('q', field.value);
  let html = '<p>Big Transit did not answer.</p>';
  try {
    const answer = await fetch(url, { headers: { 'HX-Request': 'true' }, signal: mineNow.signal });
    if (answer.status === 401) { location.assign(url); return; }
    if (answer.ok) html = await answer.text();
  } catch {
    if (mineNow.signal.aborted) return;
  }
  asked = null;
  part('found').innerHTML = html;
  draw();
  if (goes) enter();
};
const type = () => {
  clearTimeout(waiting);
  asked?.abort();
  goes = false;
  asked = new AbortController();
  waiting = setTimeout(ask, TYPED);
  draw();
};
const enter = () => {
  goes = Boolean(asked);
  if (!goes) options()[at]?.click();
};

const open = () => {
  if (!dialog || dialog.open) return Boolean(dialog);
  row = document.activeElement?.closest?.('li[data-pipeline], tr') ?? null;
  if (row && !links(row, PIPELINE).length) row = null;
  dialog.showModal();
  dialog.querySelector('input').select();
  draw();
  ask();
  return true;
};
document.addEventListener('click', e => {
  if (dialog && e.target === dialog) dialog.close();
  if (e.target.closest?.('[data-open="palette"]') && open()) e.preventDefault();
});
document.addEventListener('keydown', e => {
  const k = (e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'k';
  const slash = e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !typing(e.target);
  if ((k || slash) && (k || !document.querySelector('dialog[open]')) && open()) e.preventDefault();
});
dialog?.addEventListener('keydown', e => {
  if (e.isComposing) return;
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[e.key];
  if (moves) select(at + moves);
  else if (e.key === 'Enter') enter();
  else if (e.key === 'Escape') dialog.close();
  else return;
  e.preventDefault();
});
dialog?.addEventListener('input', type);
dialog?.addEventListener('close', () => { asked?.abort(); clearTimeout(waiting); goes = false; });
dialog?.addEventListener('pointermove', e => {
  const over = options().indexOf(e.target.closest?.('.palette__item'));
  if (over >= 0 && over !== at) select(over);
});
dialog?.addEventListener('click', e => {
  const hit = e.target.closest?.('a.palette__item');
  if (!hit) return;
  if (!hit.closest('#palette-verbs')) {
    const text = hit.querySelector('.trunc')?.textContent.trim() ?? '';
    remember(hit.pathname + hit.search, text, hit.querySelector('.palette__sub')?.textContent.trim() ?? '');
  }
  dialog.close();
});
