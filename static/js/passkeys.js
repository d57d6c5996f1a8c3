// Passkeys: a form marked data-passkey asks the browser to make one ("create") or to answer with one ("get"), and is then
// sent with what the browser said. Where a browser knows none, its form stays hidden.
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), letter => letter.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const named = list => (list ?? []).map(one => ({ ...one, id: bytes(one.id) }));

const options = (kind, said) => kind === 'create'
  ? { ...said, challenge: bytes(said.challenge), user: { ...said.user, id: bytes(said.user.id) },
      excludeCredentials: named(said.excludeCredentials) }
  : { ...said, challenge: bytes(said.challenge), allowCredentials: named(said.allowCredentials) };

const plain = found => {
  const { response } = found;
  const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
  const told = parts.filter(part => response[part]).map(part => [part, text(response[part])]);
  return { id: found.id, rawId: text(found.rawId), type: found.type, response: Object.fromEntries(told) };
};

const why = error => ({
  InvalidStateError: 'This device has a passkey for this account already.',
  NotAllowedError: 'Nothing was chosen, or it took too long. Try again.',
  SecurityError: 'Passkeys work at the address that this server is known by only.',
}[error.name] ?? error.message);

const say = (form, words) => {
  const place = form.querySelector('[data-passkey-problem]');
  place.textContent = words;
  place.hidden = !words;
};

const ask = async form => {
  const answer = await fetch(form.dataset.options, { method: 'POST', body: new FormData(form) });
  const kind = answer.headers.get('Content-Type') ?? '';
  const said = kind.startsWith('application/json') ? await answer.json() : { message: 'Big Transit did not answer. Try again.' };
  if (!answer.ok) throw new Error(said.message);
  const publicKey = options(form.dataset.passkey, said);
  return navigator.credentials[form.dataset.passkey]({ publicKey });
};

document.addEventListener('submit', async e => {
  const form = e.target.closest?.('form[data-passkey]');
  if (!form) return;
  e.preventDefault();
  say(form, '');
  const button = form.querySelector('[type=submit]');
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(plain(await ask(form)));
    form.submit();
  } catch (error) {
    say(form, why(error));
  } finally {
    button.disabled = false;
  }
});

if (window.PublicKeyCredential && window.isSecureContext) {
  document.querySelectorAll('form[data-passkey]').forEach(form => { form.hidden = false; });
  document.querySelectorAll('[data-without-passkeys]').forEach(words => { words.hidden = true; });
}
