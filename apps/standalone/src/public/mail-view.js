import { createElement, formatTime, renderJson } from './dom.js';
import { loadMailHeaders, openMail } from './live.js';

function person(entry) {
  return entry ? (entry.Name ? `${entry.Name} <${entry.Address}>` : entry.Address) : '';
}

const views = {
  HTML: (mail) =>
    createElement('iframe', {
      title: `Mail: ${mail.Subject}`,
      src: `mailbox/view/${mail.ID}`,
      sandbox: 'allow-popups allow-popups-to-escape-sandbox',
      referrerpolicy: 'no-referrer',
    }),
  'Plain text': (mail) =>
    createElement('pre', { class: 'mail-text', tabindex: '0' }, ...withLinks(mail.Text)),
  Headers: (mail) => {
    const holder = createElement('div', { class: 'mail-text', tabindex: '0' });
    void loadMailHeaders(mail.ID).then((headers) => holder.append(renderJson(headers)));
    return holder;
  },
};

function withLinks(text) {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((piece, index) =>
      index % 2 ? createElement('a', { href: piece, target: '_blank', rel: 'noreferrer' }, piece) : piece,
    );
}

/** Shows a mail, with tabs for its HTML, plain text and headers. */
export async function renderMail(id) {
  const mail = await openMail(id);
  const body = createElement('div', { class: 'mail-body', role: 'tabpanel' });
  const names = Object.keys(views).filter((name) => name !== 'HTML' || mail.HTML);
  const tabs = names.map((name) =>
    createElement('button', { type: 'button', role: 'tab', class: 'tab', onclick: () => show(name) }, name),
  );

  function show(name) {
    tabs.forEach((tab, index) => {
      const chosen = names[index] === name;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
    body.setAttribute('aria-label', name);
    body.replaceChildren(views[name](mail));
  }

  function step(event) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const next = (tabs.indexOf(document.activeElement) + move + tabs.length) % tabs.length;
    tabs[next].focus();
    show(names[next]);
  }

  show(names[0]);
  return createElement(
    'article',
    { class: 'mail' },
    createElement(
      'header',
      {},
      createElement('h2', {}, mail.Subject || '(no subject)'),
      createElement('p', { class: 'small muted' }, `From ${person(mail.From)}`),
      createElement(
        'p',
        { class: 'small muted' },
        `To ${mail.To.map(person).join(', ')} · ${formatTime(mail.Date)}`,
      ),
      createElement('div', { role: 'tablist', class: 'tabs', onkeydown: step }, tabs),
    ),
    body,
  );
}
