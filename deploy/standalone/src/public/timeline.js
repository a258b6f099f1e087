/** What happened: each request with its curl and answer, and below it the events and mails that it caused. */
import { curlOf, shortened } from './api.js';
import { copyButton, h, jsonView, timeOf } from './dom.js';

const MAX_ENTRIES = 50;
/** A mail belongs to the newest request to which it can belong in time; older ones are somebody else's. */
const MAIL_AFTER_REQUEST_MS = 60_000;

const folded = (title, ...content) =>
  h('details', {}, h('summary', {}, title), h('div', { class: 'inside' }, ...content));

function eventLine(record) {
  const { ce_type: type, ce_sequence: sequence, ce_time: time } = record.headers;
  return h(
    'li',
    { class: 'effect' },
    h(
      'details',
      {},
      h(
        'summary',
        {},
        h('span', { class: 'kind' }, 'event'),
        h('b', {}, type ?? record.topic),
        h('span', { class: 'small muted' }, `no. ${Number(sequence)} of its stream`),
        h('time', {}, timeOf(time ?? record.timestamp)),
      ),
      h(
        'div',
        { class: 'inside' },
        h(
          'p',
          { class: 'small muted' },
          `${record.topic}, partition ${record.partition}, offset ${record.offset}, key ${record.key}`,
        ),
        jsonView(record.value),
        folded('Headers', jsonView(record.headers)),
      ),
    ),
  );
}

function mailLine(mail, openReader) {
  const to = mail.To.map(({ Address }) => Address).join(', ');
  return h(
    'li',
    { class: 'effect' },
    h(
      'div',
      { class: 'effect-line' },
      h('span', { class: 'kind mail-kind' }, 'mail'),
      h('b', {}, mail.Subject),
      h('span', { class: 'small muted' }, `to ${to}`),
      h('button', { type: 'button', class: 'quiet', onclick: () => openReader(mail.ID) }, 'Read it'),
      h('time', {}, timeOf(mail.Created)),
    ),
  );
}

const statusTag = ({ status, ok }) =>
  h('span', { class: `tag ${ok ? 'good' : 'bad'}` }, status || 'no answer');

/** `list` is the element that holds the entries; `onChange` hears how many there are. */
export function createTimeline({ list, openReader, onChange }) {
  let entries = [];

  function put(element, details) {
    const entry = { element, effects: h('ul', { class: 'effects' }), ...details };
    element.append(entry.effects);
    list.prepend(element);
    entries = [entry, ...entries].slice(0, MAX_ENTRIES);
    while (list.children.length > MAX_ENTRIES) list.lastElementChild.remove();
    onChange(entries.length);
    return entry;
  }

  const elsewhere = () =>
    entries[0]?.requestId === null
      ? entries[0]
      : put(
          h(
            'li',
            { class: 'entry panel' },
            h(
              'div',
              { class: 'entry-head' },
              h('b', {}, 'From elsewhere'),
              h('span', { class: 'small muted' }, 'a link, another tab, curl, or time passing'),
            ),
          ),
          { requestId: null, sentAt: Date.now(), addresses: '' },
        );

  const causeOfMail = (mail) => {
    const arrived = Date.parse(mail.Created);
    const inTime = entries.filter(
      ({ sentAt }) => arrived >= sentAt - 1000 && arrived - sentAt < MAIL_AFTER_REQUEST_MS,
    );
    return inTime.find(({ effects }) => effects.childElementCount > 0) ?? inTime[0] ?? elsewhere();
  };

  return {
    /** Shows a request that is on its way; returns what to call with its answer. */
    begin(request) {
      const status = h('span', { class: 'tag' }, '…');
      const curl = curlOf(request);
      const element = h(
        'li',
        { class: 'entry panel' },
        h(
          'div',
          { class: 'entry-head' },
          status,
          h(
            'code',
            {},
            `${request.method} ${shortened(request.path).replace(/[\w-]{64}/, (token) => `${token.slice(0, 8)}…`)}`,
          ),
          h('time', {}, timeOf(request.sentAt)),
        ),
        folded('As curl', h('pre', {}, shortened(curl)), copyButton(curl, 'Copy curl')),
      );
      put(element, { requestId: request.headers['X-Request-Id'], sentAt: request.sentAt });
      return (answer) => {
        status.replaceWith(statusTag(answer));
        const shown =
          answer.body === null ? h('p', { class: 'small muted' }, 'no body') : jsonView(answer.body);
        element.insertBefore(folded(`Answer · ${answer.ms} ms`, shown), element.querySelector('.effects'));
      };
    },

    addRecord(record) {
      const cause =
        entries.find(({ requestId }) => requestId === record.headers.ce_correlationid) ?? elsewhere();
      cause.effects.append(eventLine(record));
    },

    addMail(mail) {
      causeOfMail(mail).effects.append(mailLine(mail, openReader));
    },

    clear() {
      entries = [];
      list.replaceChildren();
      onChange(0);
    },
  };
}
