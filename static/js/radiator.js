// The radiator's only script, in the language of 2009 (ES5): a screen on a wall may be older than the pages' own scripts.
// It asks the server for news every five seconds, puts in what has changed, lets the times count, and says when what is
// shown is old.
//   #poll[data-address][data-tag]          what to ask, and the tag of what is shown
//   <hx-partial hx-target hx-swap>          what comes back: an element (outerMorph) or the children of one (innerMorph)
//   time[data-elapsed|data-since], [data-until] around a time[data-due], [data-clock]   as in clock.js
(function () {
  'use strict';
  var SECOND = 1000, POLL = 5 * SECOND, TIMEOUT = 10 * SECOND, LONGEST = 60 * SECOND, LATE = 15 * SECOND;
  // A Date header is cut to the second and was on its way for a while: smaller differences are noise.
  var COARSE = 2 * SECOND;
  var poll = document.getElementById('poll');
  var address = poll.getAttribute('data-address'), tag = poll.getAttribute('data-tag');
  var skew = 0, failures = 0, served = {}, asking = false, timer = 0;
  var freshAt = performance.now();

  function each(list, act) { for (var i = 0; i < list.length; i += 1) act(list[i]); }
  function all(selector, act) { each(document.querySelectorAll(selector), act); }
  function put(element, text) { if (element.textContent !== text) element.textContent = text; }
  function two(n) { return (n < 10 ? '0' : '') + n; }

  // Times

  function clock(s) {
    var h = Math.floor(s / 3600), m = Math.floor(s / 60);
    return h ? h + ':' + two(m % 60) + ':' + two(s % 60) : m + ':' + two(s % 60);
  }
  function words(s) {
    var m = Math.floor(s / 60), h = Math.floor(m / 60);
    if (s < 60) return s + ' s';
    if (m < 60) return m + ' min';
    if (h < 24) return h + ' h' + (h < 10 && m % 60 ? ' ' + m % 60 + ' min' : '');
    return Math.floor(h / 24) + ' d';
  }
  function tick() {
    if (document.hidden) return;
    var now = Date.now() + skew, wall = new Date(now);
    all('time[data-elapsed], time[data-since]', function (time) {
      var moment = Date.parse(time.getAttribute('datetime')), s = Math.max(0, Math.floor((now - moment) / SECOND));
      if (isNaN(moment)) return;
      put(time, time.hasAttribute('data-elapsed') ? clock(s) : words(s) + (time.getAttribute('data-suffix') || ''));
    });
    all('time[data-at]', function (time) {
      var at = new Date(time.getAttribute('datetime'));
      put(time, two(at.getHours()) + ':' + two(at.getMinutes()));
    });
    all('[data-until]', function (around) {
      var due = around.querySelector('time[data-due]');
      if (due) around.hidden = Date.parse(due.getAttribute('datetime')) < now;
    });
    all('[data-clock]', function (face) { put(face, two(wall.getHours()) + ':' + two(wall.getMinutes())); });
    tell();
  }

  // How old it is

  function tell() {
    var pulse = document.getElementById('pulse'), screen = document.querySelector('.radiator');
    var age = performance.now() - freshAt, old = age > LATE;
    var time = document.createElement('time'), text = pulse.lastElementChild;
    screen.classList[old ? 'add' : 'remove']('radiator--stale');
    pulse.classList[old ? 'add' : 'remove']('pulse--stale');
    if (!old) { put(text, 'Live'); return; }
    time.setAttribute('datetime', new Date(Date.now() + skew - age).toISOString());
    time.textContent = words(Math.floor(age / SECOND));
    text.textContent = 'Not live, last update ';
    text.appendChild(time);
    text.appendChild(document.createTextNode(' ago'));
  }

  // What has changed

  function apply(html) {
    var news = document.implementation.createHTMLDocument('');
    news.body.innerHTML = html;
    each(news.querySelectorAll('hx-partial'), function (part) {
      var target = document.getElementById(part.getAttribute('hx-target').slice(1));
      if (!target) return;
      if (part.getAttribute('hx-swap') === 'outerMorph') replace(target, part.firstElementChild);
      else arrange(target, part.children);
    });
  }
  function isNew(element) {
    var before = served[element.id];
    served[element.id] = element.outerHTML;
    return before !== served[element.id];
  }
  function replace(old, element) {
    if (element && isNew(element)) old.parentNode.replaceChild(document.importNode(element, true), old);
  }
  // What stays the same stays the same element, so that nothing that moves starts anew.
  function arrange(parent, wanted) {
    var at = 0;
    each(wanted, function (element) {
      var old = document.getElementById(element.id), here = parent.children[at] || null;
      var fresh = isNew(element) || !old ? document.importNode(element, true) : old;
      if (old && old !== fresh) { if (old === here) here = old.nextElementSibling; parent.removeChild(old); }
      if (fresh !== here) parent.insertBefore(fresh, here);
      at += 1;
    });
    while (parent.children.length > at) parent.removeChild(parent.lastElementChild);
  }

  // Asking

  function later(ms) { clearTimeout(timer); timer = setTimeout(ask, ms); }
  function ask() {
    if (asking || document.hidden) return;
    asking = true;
    var request = new XMLHttpRequest();
    request.open('GET', address);
    request.timeout = TIMEOUT;
    request.setRequestHeader('HX-Request', 'true');
    request.setRequestHeader('HX-PTag', tag);
    request.onload = function () { answered(request); };
    request.onerror = request.ontimeout = failed;
    request.send();
  }
  function answered(request) {
    var date = Date.parse(request.getResponseHeader('Date')) + SECOND / 2 - Date.now();
    // What was shown may be seen no more.
    if (request.getResponseHeader('HX-Refresh')) { location.reload(); return; }
    if (request.status !== 200 && request.status !== 304) { failed(); return; }
    // Something between here and the server has answered in its place.
    if (!request.getResponseHeader('HX-PTag')) { failed(); return; }
    asking = false;
    if (Math.abs(date - skew) > COARSE) skew = date;
    try {
      if (request.status === 200) apply(request.responseText);
    } catch (fault) {
      // A page that cannot be changed in place is loaded whole.
      location.reload();
      return;
    }
    tag = request.getResponseHeader('HX-PTag');
    failures = 0;
    freshAt = performance.now();
    tick();
    later(POLL);
  }
  function failed() {
    asking = false;
    failures += 1;
    later(Math.min(LONGEST, POLL * Math.pow(2, Math.min(failures, 10))) * (0.5 + Math.random()));
    tell();
  }

  document.addEventListener('visibilitychange', function () { tick(); ask(); });
  tick();
  setInterval(tick, SECOND);
  later(POLL);
})();
