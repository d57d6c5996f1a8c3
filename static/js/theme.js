// Loaded in the head without defer: the chosen theme must stand before the first paint. In the language of 2015, as old
// browsers run it, too.
(function () {
  'use strict';
  var wanted = /[?&]theme=(dark|light)(&|$)/.exec(location.search);
  try { wanted = wanted ? wanted[1] : localStorage.getItem('theme'); } catch (refused) { wanted = wanted && wanted[1]; }
  if (wanted === 'dark' || wanted === 'light') document.documentElement.setAttribute('data-theme', wanted);
})();
