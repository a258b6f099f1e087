/** The mailbox: a live list and a reader. The id of the open mail is in the URL (#id). */
import { createElement, createKeyedList } from './dom.js';
import { listMails, pollRepeatedly } from './live.js';
import { renderMail } from './mail-view.js';

function byId(id) {
  return document.getElementById(id);
}
function chosen() {
  return decodeURIComponent(location.hash.slice(1));
}
let shown = '';

function today(instant) {
  return new Date(instant).toDateString() === new Date().toDateString();
}
function when(instant) {
  const at = new Date(instant);
  return today(instant)
    ? at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleDateString();
}

function mailRow(mail) {
  return createElement(
    'li',
    { class: mail.Read ? '' : 'unread' },
    createElement(
      'a',
      { href: `#${mail.ID}`, 'aria-current': mail.current ? 'true' : null },
      createElement(
        'div',
        { class: 'line' },
        createElement('span', { class: 'subject' }, mail.Subject || '(no subject)'),
        createElement('time', { class: 'small muted' }, when(mail.Created)),
      ),
      createElement(
        'div',
        { class: 'line small muted' },
        createElement('span', {}, `To ${[...mail.To, ...mail.Bcc].map(({ Address }) => Address).join(', ')}`),
      ),
    ),
  );
}

const updateRows = createKeyedList(byId('mails'), ({ ID }) => ID, mailRow);

async function poll() {
  const query = byId('query').value.trim();
  const found = await listMails(query, 200);
  const state = JSON.stringify([found, chosen()]);
  if (state === shown) return;
  shown = state;
  updateRows(found.messages.map((mail) => ({ ...mail, current: mail.ID === chosen() })));
  byId('none').hidden = found.messages.length > 0 || query !== '';
  byId('unmatched').hidden = found.messages.length > 0 || query === '';
  byId('count').textContent =
    `${found.total} ${found.total === 1 ? 'mail' : 'mails'}, ${found.unread} unread`;
}

const list = pollRepeatedly(poll, (reachable) => {
  if (!reachable) byId('count').textContent = 'offline';
});

async function read() {
  const id = chosen();
  byId('box').classList.toggle('reading', id !== '');
  if (id === '') return;
  try {
    const view = await renderMail(id);
    byId('read').replaceChildren(createElement('a', { class: 'back', href: '#' }, '← All mails'), view);
  } catch {
    byId('read').replaceChildren(createElement('p', { class: 'none' }, 'This mail was deleted.'));
  }
  list.soon();
}

/** The arrow keys move the focus to the next or previous mail in the list. */
byId('mails').addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = [...byId('mails').querySelectorAll('a')];
  links[links.indexOf(document.activeElement) + step]?.focus();
  event.preventDefault();
});
byId('find').addEventListener('submit', (event) => event.preventDefault());
byId('query').addEventListener('input', () => list.soon());
addEventListener('hashchange', read);
void read();
