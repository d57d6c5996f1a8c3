// Loaded in the head without defer: the chosen theme must stand before the first paint.
(() => {
  'use strict';
  let wanted = new URLSearchParams(location.search).get('theme');
  try { wanted ??= localStorage.getItem('theme'); } catch { /* storage refused */ }
  if (wanted === 'dark' || wanted === 'light') document.documentElement.dataset.theme = wanted;
})();
