// What every page has: theme, copy buttons, and the CSRF token of htmx requests.
const root = document.documentElement;

const toggleTheme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try { localStorage.setItem('theme', root.dataset.theme); } catch { /* storage refused */ }
};

const copy = async button => {
  const field = document.getElementById(button.dataset.copy);
  if (!field) return;
  const ear = document.getElementById('announce');
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent.trim());
  } catch {
    // Without https there is no clipboard: the text stands selected, ready for the keyboard.
    field.select?.();
    if (ear) ear.textContent = 'Not copied, the text is selected';
    return;
  }
  if (ear) ear.textContent = 'Copied';
  button.classList.add('is-done');
  setTimeout(() => button.classList.remove('is-done'), 1500);
};

document.addEventListener('click', e => {
  const t = e.target.closest?.('[data-theme-toggle], [data-copy]');
  if (!t) return;
  if ('themeToggle' in t.dataset) toggleTheme();
  if (t.dataset.copy) copy(t);
});

const cookie = name => document.cookie.split('; ').find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1);
document.addEventListener('htmx:config:request', e => {
  const { request } = e.detail.ctx;
  if (['GET', 'HEAD'].includes(request.method)) return;
  const name = document.querySelector('meta[name="csrf-cookie"]')?.content;
  const token = name && cookie(name);
  if (token) request.headers['X-CSRFToken'] = decodeURIComponent(token);
});

// What a post answers by itself has no address that could be loaded again: the page keeps the one it has.
document.addEventListener('htmx:before:history:update', e => {
  const { sourceElement, response } = e.detail;
  const given = response.headers.has('HX-Push-Url');
  if (sourceElement.method === 'post' && !response.raw.redirected && !given) e.preventDefault();
});

// A form that comes back with errors says so first; after one that went well the keyboard goes on from the top.
document.addEventListener('htmx:after:swap', e => {
  if (e.detail.ctx?.target?.id !== 'main') return;
  const wrong = document.getElementById('errors') ?? document.querySelector('#main [aria-invalid="true"]');
  if (wrong) wrong.focus();
  else if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
});

// On a narrow screen the sections are a strip: the one that is shown is in sight.
const showSection = () => {
  const strip = document.querySelector('.sidenav');
  const here = strip?.querySelector('[aria-current]')?.getBoundingClientRect();
  if (here) strip.scrollLeft += here.left - strip.getBoundingClientRect().left - (strip.clientWidth - here.width) / 2;
};
document.addEventListener('htmx:after:swap', showSection);
showSection();

// A form or link that is not answered says so: without htmx the browser would.
document.addEventListener('htmx:error', e => {
  const { ctx } = e.detail;
  if (!ctx?.request.headers['HX-Boosted'] || ctx.response) return;
  document.getElementById('unanswered')?.remove();
  const banner = document.createElement('p');
  Object.assign(banner, { id: 'unanswered', className: 'banner st-waiting', tabIndex: -1 });
  banner.setAttribute('role', 'alert');
  banner.textContent = 'Big Transit did not answer. What you typed still stands here. Look whether it was saved, then try again.';
  document.getElementById('main')?.prepend(banner);
  banner.focus();
});
