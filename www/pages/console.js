// The console's page. Everything that comes from an order or a token is put in with textContent, and opened values live only in
// the table: hiding them is removing them.

const $ = (id) => document.getElementById(id);
const clone = (id) => $(id).content.firstElementChild.cloneNode(true);

/** How long opened values stay on the screen, in seconds. */
const SHOWN_FOR = 60;

let order; // the order that is shown
let roles = [];
let turn = 0; // grows with every change of order or role, so that an answer which comes too late is dropped
let clock;

// Orders

async function loadOrders() {
  $('alert').hidden = true;
  const list = await ask('/orders.json');
  if (!list) return;
  $('orders').replaceChildren(...list.orders.map(({ id, placed_at }) => {
    const item = clone('order-item');
    item.firstElementChild.href = `#${id}`;
    item.querySelector('code').textContent = id;
    tell(item.querySelector('time'), placed_at);
    return item;
  }));
  $('orders-none').hidden = list.orders.length > 0;
  mark();
}

async function showOrder() {
  const id = decodeURIComponent(location.hash.slice(1));
  hide();
  $('alert').hidden = true;
  order = undefined;
  mark();
  $('order').hidden = true;
  $('choose').hidden = Boolean(id);
  if (!id) return;

  const mine = ++turn;
  const answer = await ask(`/orders/${encodeURIComponent(id)}.json`);
  if (!answer || mine !== turn) return;
  order = answer;
  $('order-id').textContent = order.id;
  tell($('order-time'), order.placed_at);
  const sealed = order.entries.filter((entry) => entry.sealed).length;
  $('order-count').textContent = `${sealed} of ${order.entries.length} fields sealed`;
  $('rows').replaceChildren(...order.entries.map(row));
  $('order').hidden = false;
  hide();
}

function row({ name, value, sealed }) {
  const row = clone('row');
  const badge = row.querySelector('.badge');
  row.querySelector('.name').textContent = name;
  badge.dataset.class = sealed?.class ?? 'clear';
  badge.textContent = sealed?.class ?? 'in clear';
  row.querySelector('small').textContent = sealed?.kind ?? '';
  row.querySelector('.shop-has').append(sealed ? token(name, value) : value);
  return row;
}

function token(name, value) {
  const token = clone('token');
  token.querySelector('.head').textContent = `${value.slice(0, 24)}…`;
  token.querySelector('.bytes').textContent = `${value.length} bytes`;
  token.querySelector('pre').textContent = value;
  token.querySelector('pre').ariaLabel = `The whole token of ${name}`;
  return token;
}

function mark() {
  for (const link of $('orders').querySelectorAll('a')) {
    if (link.hash === location.hash) link.ariaCurrent = 'true';
    else link.removeAttribute('aria-current');
  }
}

// Roles

async function loadRoles() {
  const answer = await ask('/roles.json');
  if (!answer) return;
  roles = answer.roles;
  $('role').replaceChildren(...roles.map(({ name }) => new Option(name, name)));
  hide();
}

const role = () => roles.find(({ name }) => name === $('role').value) ?? { name: '', classes: [] };
const covers = ({ classes }, name) => classes.includes('*') || classes.includes(name);

// Opening and hiding

async function open() {
  hide();
  $('alert').hidden = true;
  const mine = turn;
  const asked = order;
  $('note-text').textContent = 'Asking the key holder…';
  const answer = await ask('/open', { order: asked.id, role: role().name, purpose: $('purpose').value });
  if (mine !== turn) return;
  if (!answer) return hide();

  let count = 0;
  for (const { position, value, error } of answer.results) {
    const { sealed } = asked.entries[position];
    const cell = $('rows').rows[position].querySelector('.opened');
    if (!error) {
      count += 1;
      fill(cell, 'open', shown(value));
      cell.classList.toggle('json', typeof value === 'object' && value !== null);
    } else if (!covers(role(), sealed.class)) {
      fill(cell, 'refused', `sealed: this role may not open ${sealed.class} data`);
    } else {
      fill(cell, 'failed', `not opened: ${error.detail} (${error.code})`);
    }
  }
  $('note').dataset.state = 'open';
  $('note-text').textContent = `${count} of ${answer.results.length} opened by role “${answer.role}” for purpose `
    + `“${answer.purpose}”, recorded by the key holder.`;
  $('hide').hidden = false;
  countDown(SHOWN_FOR);
}

/** Takes every opened value out of the page, and lets no answer that is still under way put one back. */
function hide() {
  turn += 1;
  clearInterval(clock);
  $('timer').textContent = '';
  $('hide').hidden = true;
  $('note').dataset.state = 'closed';
  $('note-text').textContent = 'Nothing is opened. Say what for; the key holder records it before it opens anything.';
  const { classes } = role();
  $('role-classes').textContent = classes.length ? `May open: ${classes.join(', ').replace('*', 'every class')}.` : '';
  for (const [position, row] of [...$('rows').rows].entries()) {
    const cell = row.querySelector('.opened');
    cell.classList.remove('json');
    fill(cell, 'closed', order?.entries[position]?.sealed ? 'not opened' : 'in clear: the shop can read it');
  }
}

function countDown(seconds) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) hide();
    else $('timer').textContent = `Hidden in ${left} s`;
  };
  tick();
  clock = setInterval(tick, 500);
}

function fill(cell, state, text) {
  cell.dataset.state = state;
  cell.textContent = text;
}

/** A string stands for itself; any other value is shown as the JSON that it is. */
function shown(value) {
  if (value === '') return '(empty)';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

// Talking to the console's server

/** Answers the JSON, or shows the problem and answers nothing. */
async function ask(path, body) {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let problem = { detail: 'The console does not answer. Start it, then reload the page.', code: 'console-unreachable' };
  try {
    const response = await fetch(path, body ? post : {});
    const answer = await response.json();
    if (response.ok) return answer;
    problem = answer;
  } catch {
    // The problem says it.
  }
  $('alert').textContent = `${problem.detail} (${problem.code})`;
  $('alert').hidden = false;
  return undefined;
}

function tell(element, seconds) {
  const date = new Date(seconds * 1000);
  element.dateTime = date.toISOString();
  element.textContent = date.toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
}

$('open').addEventListener('submit', (event) => {
  event.preventDefault();
  open();
});
$('role').addEventListener('change', hide);
$('hide').addEventListener('click', hide);
$('reload').addEventListener('click', loadOrders);
addEventListener('hashchange', showOrder);
// A page that is left, also into the browser's cache of pages, keeps nothing.
addEventListener('pagehide', hide);

await loadRoles();
await Promise.all([loadOrders(), showOrder()]);
