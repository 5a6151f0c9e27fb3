// The page of the tests of files: it seals what a person chose, as a page of a shop would.
import config from './config.js';
import { createSealer, loadKeys } from './pkg/dist/index.js';

const root = document.documentElement;
const sealer = loadKeys(config.keys, { trust: config.trust }).then((keys) => createSealer(keys));
const chosen = (input) => document.getElementById(input).files[0];

/** As the body of a request of its own. */
window.upload = async () => {
  const progress = [];
  const onProgress = ({ loaded, total }) => progress.push(loaded / total);
  const sealed = await (await sealer).sealFile(chosen('scan'), { field: 'scan', kind: 'passport-number', onProgress });
  await fetch('submit', { method: 'POST', body: await sealed.blob() });
  return { progress, size: sealed.size, token: sealed.token };
};

/** As an entry of a form. */
window.send = async () => {
  const sealed = await (await sealer).sealFile(chosen('sent'), { field: 'sent', kind: 'health-note' });
  const form = new FormData();
  form.append('sent', await sealed.blob(), 'sent.sealed');
  await fetch('submit', { method: 'POST', body: form });
};

sealer.then(
  () => (root.dataset.state = 'ready'),
  (error) => (root.dataset.state = error.code ?? String(error)),
);
