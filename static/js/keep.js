// What an update must not disturb: unfolded details, the order under the pointer, a reader's ear.
//   details[id]                     stays as the reader left it
//   [data-sorted] > [data-order]    children stand in the order of data-order, but never move while one is in use;
//                                   in that of data-order-longest where [data-by="longest"] is on the list or around it
//   [data-filter] a                 keeps to the order that the page's address asks for
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
  const longest = parent.closest('[data-by="longest"]');
  const key = child => (longest && child.dataset.orderLongest) || child.dataset.order;
  const wanted = [...now].sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
  const rank = new Map(wanted.map((child, at) => [child, at]));
  const kept = new Set([...inOrder(now.map(child => rank.get(child)))].map(at => now[at]));
  if (kept.size === now.length) return;
  let next = null;
  for (const child of wanted.reverse()) {
    if (!kept.has(child)) move(parent, child, next);
    next = child;
  }
};
const held = new Set();
const order = () => {
  held.clear();
  for (const parent of document.querySelectorAll('[data-sorted]')) {
    if (parent.querySelector(':scope > :hover, :scope > :focus-within')) held.add(parent); else sort(parent);
  }
};

const filters = () => {
  const kept = new URLSearchParams(location.search);
  for (const link of document.querySelectorAll('[data-filter] a[data-show]')) {
    const wanted = new URLSearchParams(link.dataset.show ? { show: link.dataset.show } : {});
    if (kept.has('order')) wanted.set('order', kept.get('order'));
    if (link.getAttribute('href') !== `?${wanted}`) link.setAttribute('href', `?${wanted}`);
    if (link.dataset.show === (kept.get('show') ?? '')) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
};

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

document.addEventListener('htmx:after:swap', () => { unfold(); order(); filters(); listen(true); });
setInterval(() => { if (held.size && !document.hidden) order(); }, 500);
listen(false);
