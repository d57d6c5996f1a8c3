// What an update must not disturb: unfolded details, the order under the pointer, a reader's ear.
//   details[id]                     stays as the reader left it
//   [data-sorted] > [data-order]    children stand in the order of data-order, but never move while one is in use;
//   [id][data-announce]             its sentence goes to #announce when it changes, one sentence an update

const folds = new Map();
document.addEventListener('click', e => {
  const fold = e.target.closest?.('summary')?.parentElement;
  if (fold?.id) folds.set(fold.id, !fold.open);
});
const unfold = () => {
  for (const [id, open] of folds) {
    const fold = document.getElementById(id);
    if (fold && fold.open !== open) fold.open = open;
  }
};

// Positions of a longest run that is in order already: everything else moves, so as little as possible moves.
const inOrder = ranks => {
  const tails = [], before = [];
  ranks.forEach((rank, at) => {
    let low = 0, high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranks[tails[middle]] < rank) low = middle + 1; else high = middle;
    }
    before[at] = low ? tails[low - 1] : -1;
    tails[low] = at;
  });
  const kept = new Set();
  for (let at = tails[tails.length - 1] ?? -1; at >= 0; at = before[at]) kept.add(at);
  return kept;
};
const move = (parent, child, next) => {
  try {
    if (parent.moveBefore) { parent.moveBefore(child, next); return; }
  } catch { /* not movable in place */ }
  parent.insertBefore(child, next);
};
const sort = parent => {
  const now = [...parent.children].filter(child => child.dataset.order !== undefined);
  const stars = new Set((document.getElementById('main')?.dataset.stars ?? '').split(' '));
  // Of a group, which the text before the first / stands for, starred ones come first.
  const key = child => {
    const [, group, rest] = /^([^/]*\/)?(.*)$/.exec(child.dataset.order);
    const starred = stars.has(child.dataset.pipeline ?? child.dataset.key);
    return `${group ?? ''}${rest && !starred ? 1 : 0}${rest}`;
  };
  const wanted = [...now].sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
  const rank = new Map(wanted.map((child, at) => [child, at]));
  const kept = new Set([...inOrder(now.map(child => rank.get(child)))].map(at => now[at]));
  if (kept.size === now.length) return;
  const places = new Map(now.map(child => [child, child.offsetTop]));
  let next = null;
  for (const child of wanted.reverse()) {
    if (!kept.has(child)) move(parent, child, next);
    next = child;
  }
  glide(places);
};
// Where things went is seen; not by who asked for less motion, and not over more than a screen.
const still = matchMedia('(prefers-reduced-motion: reduce)');
const glide = places => {
  if (still.matches) return;
  for (const [child, before] of places) {
    const by = before - child.offsetTop;
    if (!by || Math.abs(by) > innerHeight) continue;
    child.animate?.([{ transform: `translateY(${by}px)` }, { transform: 'none' }], { duration: 150, easing: 'ease-out' });
  }
};
const held = new Set();
const order = () => {
  held.clear();
  for (const parent of document.querySelectorAll('[data-sorted]')) {
    if (parent.querySelector(':scope > :hover, :scope > :focus-within')) held.add(parent); else sort(parent);
  }
};

// The filter is sent while it is typed; groups fold.
let typing = 0;
document.addEventListener('input', e => {
  const form = e.target.closest?.('[data-filter-form]');
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(() => form.requestSubmit(), 300);
});
const fold = button => {
  const open = button.getAttribute('aria-expanded') !== 'true';
  button.setAttribute('aria-expanded', open);
  let row = button.closest('[data-order]').nextElementSibling;
  for (; row && !row.querySelector('[data-fold]'); row = row.nextElementSibling) row.hidden = !open;
};
document.addEventListener('click', e => {
  const button = e.target.closest?.('[data-fold]');
  if (button) fold(button);
});

const said = new Map();
const listen = speak => {
  const news = [];
  for (const el of document.querySelectorAll('[id][data-announce]')) {
    const text = el.dataset.announce;
    if (said.get(el.id) !== text && text) news.push(text);
    said.set(el.id, text);
  }
  const ear = document.getElementById('announce');
  if (speak && news.length && ear) {
    ear.textContent = news.length > 1 ? `${news[0].replace(/\.$/, '')}, and ${news.length - 1} more changed` : news[0];
  }
};

document.addEventListener('htmx:after:swap', () => { unfold(); order(); listen(true); });
setInterval(() => { if (held.size && !document.hidden) order(); }, 500);
listen(false);
order();
