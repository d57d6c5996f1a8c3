// "Tell me when it arrives", on a commit's page: a notice of the browser once production has it, while the page is open.
//   #tell-arrival[data-commit]       the button; shown where the browser has notices
//   #commit-head[data-arrived]       empty until it has arrived
const button = document.getElementById('tell-arrival');
const arrived = () => document.getElementById('commit-head')?.dataset.arrived ?? '';
const ear = document.getElementById('announce');
let waits = false;

const show = words => { if (button) button.textContent = words; };
const tell = () => {
  if (!waits || !arrived()) return;
  waits = false;
  button.setAttribute('aria-pressed', 'false');
  show('It has arrived');
  const title = document.querySelector('#commit-head .strong')?.textContent ?? '';
  const notice = new Notification(`${button.dataset.commit} is in production`, { body: title, tag: `arrival-${button.dataset.commit}` });
  notice.addEventListener('click', () => window.focus());
};

if (button && 'Notification' in window && !arrived()) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    if (waits) {
      waits = false;
    } else if (await Notification.requestPermission() === 'granted') {
      waits = true;
    } else if (ear) {
      ear.textContent = 'This browser does not let Big Transit show notices';
      show('Notices are blocked');
      return;
    }
    button.setAttribute('aria-pressed', String(waits));
    show(waits ? 'You will be told here' : 'Tell me when it arrives');
    tell();
  });
  document.addEventListener('htmx:after:swap', tell);
}
