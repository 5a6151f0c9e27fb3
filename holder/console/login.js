// @ts-check
// How somebody comes in: a passphrase and then a security key, or the organisation's own login.

import { Problem, get, post } from './api.js';
import { add, h, note, put } from './dom.js';

/** @typedef {{ name: string, roles: string[], expires: number }} Session */

/**
 * The session that there is, if there is one.
 * @returns {Promise<Session | null>}
 */
export async function session() {
  try {
    return await get('/console/session');
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/**
 * The second factor: what the key holder asks of a security key, asked of it.
 * @param {{ step: string, publicKey: any }} asked
 * @returns {Promise<Session>}
 */
async function prove({ step, publicKey }) {
  if (!('PublicKeyCredential' in window) || !('parseRequestOptionsFromJSON' in PublicKeyCredential)) {
    throw new Problem(0, 'no-webauthn', 'This browser cannot use security keys. Use another, or the organisation’s login.');
  }
  try {
    const credential = step === 'create'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
    if (!(credential instanceof PublicKeyCredential)) throw new Error('none');
    return await post(`/console/session/${step}`, credential.toJSON());
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(0, 'second-factor', 'The security key did not answer in time, or was put away. Try again.');
  }
}

/**
 * @param {string} text
 * @param {Record<string, any>} props
 */
function field(text, props) {
  return h('label', {}, text, h('input', { required: true, ...props }));
}

/**
 * The form to log in with. It gives the session once somebody is in.
 * @param {HTMLElement} content
 * @param {string} [why] what to say first
 * @returns {Promise<Session>}
 */
export function login(content, why) {
  document.title = 'Log in · Key holder';
  return new Promise((resolve) => {
    const message = h('div', { role: 'alert', id: 'login-message' });
    const code = h('label', { hidden: true }, 'Enrolment code',
      h('input', { name: 'code', autocomplete: 'one-time-code', spellcheck: 'false' }));
    const first = h('input', { type: 'checkbox', id: 'first' });
    const submit = h('button', { class: 'main' }, 'Continue');
    const form = h('form', { id: 'login', class: 'stack' },
      field('Name', { name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
      code,
      field('Passphrase', { name: 'passphrase', type: 'password', autocomplete: 'current-password' }),
      h('div', {}, first, ' ', h('label', { for: 'first', class: 'inline' }, 'This is my first time: I have an enrolment code')),
      h('p', { class: 'faint' }, 'After the passphrase, the browser asks for your security key.'),
      h('div', { class: 'buttons' }, submit));
    first.addEventListener('change', () => {
      code.hidden = !first.checked;
      const passphrase = /** @type {HTMLInputElement} */ (form.elements.namedItem('passphrase'));
      passphrase.autocomplete = first.checked ? 'new-password' : 'current-password';
      // Only a new one has to be long; what an old one is, the key holder knows.
      if (first.checked) passphrase.setAttribute('minlength', '12');
      else passphrase.removeAttribute('minlength');
    });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      put(message);
      submit.disabled = true;
      const data = new FormData(form);
      const body = { name: data.get('name'), passphrase: data.get('passphrase') };
      try {
        const asked = await post('/console/session', first.checked ? { ...body, code: data.get('code') } : body);
        resolve(await prove(asked));
      } catch (error) {
        put(message, note('bad', error instanceof Problem ? error.message : `This page has a fault: ${error}`));
        // A passphrase that was wrong is typed anew.
        const passphrase = /** @type {HTMLInputElement} */ (form.elements.namedItem('passphrase'));
        passphrase.value = '';
        passphrase.focus();
      } finally {
        submit.disabled = false;
      }
    });
    const elsewhere = h('div', {});
    put(content, h('div', { class: 'login card' }, h('h1', {}, 'Log in'), why && note('warn', why), message, form, elsewhere));
    content.dataset.view = 'login';
    get('/console/oidc').then(
      ({ available }) => {
        if (available) add(elsewhere, h('p', {}, h('a', { href: '/console/oidc/begin' }, 'Log in with your organisation')));
      },
      () => {},
    );
  });
}
