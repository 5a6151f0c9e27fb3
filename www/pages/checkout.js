import { createSealer, guardForm, loadKeys, useMessages } from '/sdk/dist/index.js';
import words from '/sdk/dist/messages/en.js';

const form = document.querySelector('#checkout');
const status = document.querySelector('#seal-status');

const sealer = fetch('/config.json')
  .then((response) => response.json())
  .then(({ keys, signer }) => loadKeys(keys, { trust: { signer } }))
  .then((keys) => createSealer(keys));

useMessages(words);
guardForm(form, sealer, { message: document.querySelector('#message') });
form.pay.disabled = false;

sealer.then(
  ({ ready }) => say('ready', `Ready: sealed for the key holder, with keys that are valid until ${day(ready.expires)}.`),
  (error) => say('failed', `The seal is not available (${error.code ?? 'config-unreachable'}), so this form can't be sent.`),
);

function day(date) {
  return date?.toLocaleDateString('en', { dateStyle: 'long' }) ?? 'further notice';
}

function say(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}
