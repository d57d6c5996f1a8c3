// What is wrong with the page as it stands: it scrolls sideways, texts of a row lie on each other, targets are too small
// to hit (WCAG 2.2, 2.5.8: 24 px, or as high as the line of text around them and spaced).
() => {
  const out = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) out.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth}`);
  const seen = el => { const s = getComputedStyle(el); const r = el.getBoundingClientRect(); return s.visibility !== 'hidden' && r.width > 1 && r.height > 1; };
  const name = el => `${el.tagName.toLowerCase()}.${[...el.classList].join('.')} "${(el.textContent || el.getAttribute('aria-label') || '').trim().slice(0, 24)}"`;
  // Targets
  for (const el of document.querySelectorAll('a[href], button, input, select, summary')) {
    if (!seen(el) || el.type === 'hidden' || el.closest('[hidden], dialog:not([open]), .skip, .vh')) continue;
    if (getComputedStyle(el).display === 'inline' && el.parentElement.textContent.trim() !== el.textContent.trim()) continue;
    const r = el.getBoundingClientRect();
    if (r.width < 23.5 || r.height < 23.5) {
      const label = el.type === 'checkbox' || el.type === 'radio' ? el.labels?.[0]?.getBoundingClientRect() : null;
      if (!label || label.height < 23.5) out.push(`target ${Math.round(r.width)}x${Math.round(r.height)} ${name(el)}`);
    }
  }
  // Text boxes of a row that lie on each other, clipped to what is shown of them.
  const clip = (r, el) => {
    let { left, right, top, bottom } = r;
    for (let at = el; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflow === 'visible') continue;
      const b = at.getBoundingClientRect();
      left = Math.max(left, b.left); right = Math.min(right, b.right); top = Math.max(top, b.top); bottom = Math.min(bottom, b.bottom);
    }
    return { left, right, top, bottom };
  };
  for (const row of document.querySelectorAll('tr, li, dl > div, .leg__row, .rad, .head, .sign, .masthead__in, .panel__head')) {
    const boxes = [];
    const walk = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (!node.data.trim() || node.parentElement.closest('.vh, svg, [hidden], option, noscript')) continue;
      const range = document.createRange(); range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        const r = clip(rect, node.parentElement);
        if (r.right - r.left > 2 && r.bottom - r.top > 2) boxes.push([r, node]);
      }
    }
    for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
      const [a, x] = boxes[i], [b, y] = boxes[j];
      if (x === y) continue;
      const w = Math.min(a.right, b.right) - Math.max(a.left, b.left), h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (w > 2 && h > 4) { out.push(`"${x.data.trim().slice(0, 20)}" lies on "${y.data.trim().slice(0, 20)}"`); }
    }
  }
  return [...new Set(out)];
}
