// Who has a failing pipeline, said by a click: what came of it is told, and the keyboard stays where it was.
//   [hx-post$="/take"], [hx-post$="/give-back"]   of a row, or of a run's failure panel
const WORDS = { take: ['You have', 'now'], 'give-back': ['Nobody has', 'now'] };
const step = el => Object.keys(WORDS).find(each => el?.getAttribute?.('hx-post')?.endsWith(`/${each}`));
const rowOf = el => el.closest('[data-pipeline], main');
const nameOf = row => (row.querySelector('.who__name a, .attention__name, .crumbs li:nth-last-child(2)') ?? row).textContent.trim();

let waits = null;
document.addEventListener('htmx:before:request', e => {
  const el = e.detail.ctx?.sourceElement;
  if (step(el)) waits = { id: rowOf(el).id, focused: document.activeElement === el };
});
document.addEventListener('htmx:finally:request', e => {
  const el = e.detail.ctx?.sourceElement;
  const which = step(el);
  const ear = document.getElementById('announce');
  if (!which || !ear) return;
  const { response } = e.detail.ctx;
  const row = document.getElementById(waits?.id) ?? document;
  const name = nameOf(row === document ? document.getElementById('main') : row);
  if (response?.status < 300) ear.textContent = `${WORDS[which][0]} ${name} ${WORDS[which][1]}`;
  else tell(row, ear, response?.status === 403 ? 'You may not do this here' : 'Big Transit did not answer. Nothing has changed; try again');
});
// What went wrong is seen, too, beside what was clicked.
const tell = (row, ear, words) => {
  ear.textContent = words;
  const place = row.querySelector('.take, .attention__who, #take');
  if (!place) return;
  document.getElementById('not-taken')?.remove();
  const note = document.createElement('span');
  Object.assign(note, { id: 'not-taken', className: 'nottaken', textContent: ` ${words}` });
  place.after(note);
};
// The link goes once somebody has the pipeline: its row's name is next.
document.addEventListener('htmx:after:swap', () => {
  if (!waits?.focused || document.activeElement !== document.body) return;
  document.getElementById(waits.id)?.querySelector('a')?.focus({ preventScroll: true });
  waits = null;
});
