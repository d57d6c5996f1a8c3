// The live page: one event stream while the page is looked at, polls where streams are not to be had, and the truth
// about both in #pulse, #stale-banner and #signin-banner.
//   #live[hx-sse:connect]   address of the stream; htmx's sse extension reads it and applies its messages, but when to
//                           connect is decided here, because the extension retries a lost session for ever.
//   #poll[hx-get]           htmx element with hx-trigger="poll" and hx-ptag: asked every 5 s while there is no stream

// Both stand within #main: where a link changes that alone, the new page's are taken up.
const { htmx } = window;
let live = null;
let poll = null;

const SECOND = 1000;
const BEATS_MISSED = 25 * SECOND;
const LATE = 15 * SECOND;
const GRACE = 3 * SECOND;
const BANNER = 30 * SECOND;
const POLL_EVERY = 5 * SECOND;
const STREAM_AGAIN = 60 * SECOND;
const HIDDEN_FOR = 2 * SECOND;
const PLACES = 4;
const HELD_FOR = 10 * SECOND;
const PLACE_AGAIN = 3 * SECOND;
const FAILURES = 3;

if (htmx) htmx.config.sse = { ...htmx.config.sse, reconnect: false, pauseOnBackground: false };

const now = () => performance.now();
const serverTime = () => new Date(Date.now() + (Number(document.documentElement.dataset.skew) || 0)).toISOString();

let address = '';
let tag = '';
let stream = null;
let asking = false;
let status = 0;
let spoke = false;
let failures = 0;
let polling = false;
let pollFailures = 0;
let trouble = false;
let over = false;
let freshAt = now();
let freshTime = serverTime();
let heardAt = now();
let lostAt = now();
let shownAt = -BANNER;
let connectAt = 0;
let pollAt = now() + POLL_EVERY;
let hiding = 0;

// What the page says of how it is followed. Whether there is something new to follow.
const takeUp = () => {
  const found = document.getElementById('live');
  if (found === live) return false;
  live = found;
  poll = document.getElementById('poll');
  address = live?.getAttribute('hx-sse:connect') ?? '';
  live?.removeAttribute('hx-sse:connect');
  tag = (address && new URL(address, location.href).searchParams.get('tag')) || poll?.getAttribute('hx-ptag') || '';
  stream = null;
  asking = trouble = false;
  failures = pollFailures = 0;
  polling = !address;
  connectAt = 0;
  pollAt = now() + POLL_EVERY;
  shown = '';
  fresh();
  return true;
};
const from = (which, name, react) => document.addEventListener(name, e => { if (e.target === which()) react(e); });
const fromLive = (name, react) => from(() => live, name, react);
const fromPoll = (name, react) => from(() => poll, name, react);

const element = id => document.getElementById(id);
const reveal = (id, shown) => { const el = element(id); if (el && el.hidden === shown) el.hidden = !shown; };
const jitter = ms => ms * (0.5 + Math.random());

const fresh = time => {
  freshAt = now();
  freshTime = time || serverTime();
  trouble = false;
  show();
};

let shown = '';
const show = () => {
  if (document.hidden) return;
  const age = now() - freshAt;
  const lost = !stream && !polling && now() - lostAt > GRACE;
  const late = over || trouble || lost || age > LATE;
  const resuming = !over && now() - shownAt < GRACE;
  const state = !late ? 'live' : resuming ? 'resuming' : over ? `over ${freshTime}` : `late ${freshTime}`;
  const old = late && !over && !resuming && age > BANNER;
  reveal('stale-banner', old);
  document.documentElement.toggleAttribute('data-stale', old || (over && !resuming));
  if (old) for (const el of document.querySelectorAll('[data-stale-since]')) date(el);
  if (state === shown) return;
  shown = state;
  word(late, resuming);
};
const date = el => {
  el.dateTime = freshTime;
  el.textContent = `${freshTime.slice(11, 19)} UTC`;
};
const word = (late, resuming) => {
  const pulse = element('pulse');
  if (!pulse) return;
  pulse.classList.toggle('pulse--stale', late);
  const text = pulse.querySelector('[data-pulse-text]') ?? pulse.lastElementChild ?? pulse;
  if (!late) { text.textContent = 'Live'; return; }
  if (resuming) { text.textContent = 'Reconnecting'; return; }
  const time = document.createElement('time');
  time.dateTime = freshTime;
  time.title = freshTime;
  time.dataset.since = '';
  text.textContent = '';
  text.append(over ? 'Signed out, last update ' : 'Not live, last update ', time, ' ago');
  document.dispatchEvent(new Event('clock:fill'));
};

// A browser opens six connections to a host over HTTP/1.1, for all its windows together: were they all streams, the next
// window would wait for ever. So only four windows at a time have one, and the others ask every five seconds. Who has one
// holds a place in localStorage, and says so again each second; a place that nobody speaks for is free. (Web Locks, which
// are made for this, are not to be had on plain http.)
const shared = /^(http\/1|$)/.test(performance.getEntriesByType('navigation')[0]?.nextHopProtocol ?? '');
const places = Array.from({ length: PLACES }, (_, at) => `stream-${at + 1}`);
const me = `${Date.now()}-${Math.random()}`;
const holder = place => {
  const [who, until] = (localStorage.getItem(place) ?? '').split(' ');
  // A time far ahead is that of a clock that has been put back since.
  return until > Date.now() && until <= Date.now() + HELD_FOR ? who : '';
};
const holdPlace = () => {
  if (!shared) return true;
  try {
    const place = places.find(each => holder(each) === me) ?? places.find(each => !holder(each));
    if (place) localStorage.setItem(place, `${me} ${Date.now() + HELD_FOR}`);
    return Boolean(place);
  } catch {
    // Storage refused: nothing is known of other windows.
    return true;
  }
};
const leavePlace = () => {
  try {
    for (const place of places) if (holder(place) === me) localStorage.removeItem(place);
  } catch { /* storage refused */ }
};
const close = () => stream?.reader?.cancel();
const leave = () => { close(); leavePlace(); };
const signedOut = () => {
  over = true;
  polling = false;
  leave();
  reveal('signin-banner', true);
  show();
};

const connect = () => {
  if (!address || stream || asking || over || document.hidden) return;
  if (!holdPlace()) { withoutPlace(); return; }
  asking = true;
  status = 0;
  const url = new URL(address, location.href);
  url.searchParams.set('tag', tag);
  htmx.ajax('GET', url.pathname + url.search, { source: live, swap: 'none' });
};
const withoutPlace = () => {
  polling = true;
  connectAt = now() + jitter(PLACE_AGAIN);
};
const refused = () => {
  leavePlace();
  if (status === 401) { signedOut(); return; }
  const none = status === 404 || status === 503;
  failures += 1;
  polling = polling || none || failures >= FAILURES;
  if (polling) pollAt = Math.min(pollAt, now() + SECOND);
  connectAt = now() + (polling ? STREAM_AGAIN : jitter(SECOND * 2 ** failures));
  show();
};
// A lost session may answer with the sign-in page itself, after a redirect.
const unwelcome = ({ status: code, raw }) =>
  code === 401 || (raw.redirected && new URL(raw.url).pathname.startsWith('/login'));

fromLive('htmx:config:request', e => { e.detail.ctx.request.timeout = 15 * SECOND; });
fromLive('htmx:before:response', e => {
  // Only what is no stream comes here.
  e.preventDefault();
  status = unwelcome(e.detail.ctx.response) ? 401 : e.detail.ctx.response.status;
});
const opened = connection => {
  stream = connection;
  spoke = false;
  heardAt = now();
  live.dataset.state = 'open';
};
fromLive('htmx:after:sse:connection', e => opened(e.detail.connection));
fromLive('htmx:finally:request', () => { asking = false; if (!stream) refused(); });
fromLive('htmx:sse:close', () => {
  stream = null;
  lostAt = now();
  live.dataset.state = 'closed';
  // A stream that never said anything is a failure, not an end.
  if (!spoke) failures += 1;
  if (failures >= FAILURES) refused(); else connectAt = now() + Math.random() * SECOND;
});
fromLive('htmx:before:sse:message', e => {
  heardAt = now();
  spoke = true;
  if (over || !stream) e.preventDefault();
});
fromLive('htmx:after:sse:message', e => {
  if (e.detail.message.event) return;
  tag = e.detail.message.id || tag;
  fresh();
});
fromLive('beat', e => {
  document.dispatchEvent(new CustomEvent('server:time', { detail: e.detail.data }));
  failures = 0;
  polling = false;
  fresh(e.detail.data);
});
fromLive('stale', e => { trouble = true; freshTime = e.detail.data || freshTime; show(); });
fromLive('ended', signedOut);

fromPoll('htmx:config:request', e => {
  e.detail.ctx.request.timeout = 10 * SECOND;
  if (tag) e.detail.ctx.request.headers['HX-PTag'] = tag;
});
fromPoll('htmx:before:response', e => {
  const { response, hx } = e.detail.ctx;
  // What was shown may be seen no more: htmx loads the page anew.
  if (hx.refresh) return;
  if (over || unwelcome(response) || response.status >= 400) e.preventDefault();
  if (unwelcome(response)) signedOut();
  else if (response.status >= 400) pollFailed();
  else {
    tag = response.headers.get('HX-PTag') || tag;
    pollFailures = 0;
    fresh();
  }
});
fromPoll('htmx:error', () => pollFailed());
const pollFailed = () => {
  trouble = true;
  pollFailures += 1;
  pollAt = now() + jitter(Math.min(STREAM_AGAIN, POLL_EVERY * 2 ** pollFailures));
  show();
};

const step = () => {
  if (document.hidden || over) { show(); return; }
  if (stream && now() - heardAt > BEATS_MISSED) close();
  // Two windows that took a place at the same moment see it now.
  if (stream && !holdPlace()) close();
  if (now() >= connectAt) connect();
  if (polling && poll && now() >= pollAt) {
    pollAt = now() + POLL_EVERY;
    htmx.trigger(poll, 'poll', {}, false);
  }
  show();
};

// Where htmx set the page up before this file arrived, the extension has begun to connect on its own.
const takeOver = () => {
  asking = Boolean(live?.classList.contains(htmx.config.requestClass));
  const connection = live?._htmx?.sse;
  if (!connection) return;
  connection.config.reconnect = false;
  document.removeEventListener('visibilitychange', connection.visibilityHandler);
  opened(connection);
};

const start = () => {
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    // Tabs flicked through keep their stream; hidden ones cost nothing.
    if (document.hidden) { hiding = setTimeout(leave, HIDDEN_FOR); return; }
    shownAt = now();
    if (!stream) { lostAt = connectAt = pollAt = now(); }
    step();
  });
  addEventListener('online', () => { connectAt = pollAt = now(); step(); });
  addEventListener('pagehide', leave);
  addEventListener('pageshow', e => { if (e.persisted) { connectAt = now(); step(); } });
  connectAt = now();
  step();
  setInterval(step, SECOND);
};
document.addEventListener('htmx:after:swap', e => {
  if (htmx && e.detail.ctx?.target?.id === 'main') {
    const before = stream;
    if (takeUp()) { before?.reader?.cancel(); step(); }
  }
});
// The extensions are there by now, but htmx itself sets the page up a moment later.
if (htmx) {
  takeUp();
  takeOver();
  setTimeout(start);
}
