// The page of the tests of native fields: as page.js, in the language that a test wants.
import config from './config.js';
import { useMessages } from './pkg/dist/index.js';
import en from './pkg/dist/messages/en.js';
import es from './pkg/dist/messages/es.js';
import './page.js';

useMessages(en, es);
document.documentElement.lang = config.lang ?? 'en';
window.invalid = [];
document.addEventListener('fieldseal:invalid', (event) => window.invalid.push(event.detail));
