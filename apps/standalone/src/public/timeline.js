/** What happened: each request with its curl and answer, and below it the events and mails that it caused. */
import { curlOf, shortened } from './api.js';
import { copyButton, h, jsonView, timeOf } from './dom.js';

const MAX_ENTRIES = 50;

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
        h(
          'span',
          { class: 'grow' },
          h('b', {}, type ?? record.topic),
          ' ',
          h(
            'span',
            { class: 'small muted' },
            sequence ? `no. ${Number(sequence)} of its stream` : record.topic,
          ),
        ),
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
      h(
        'span',
        { class: 'grow' },
        h('b', {}, mail.Subject),
        ' ',
        h('span', { class: 'small muted' }, `to ${to}`),
      ),
      h('button', { type: 'button', class: 'quiet', onclick: () => openReader(mail.ID) }, 'Read it'),
      h('time', {}, timeOf(mail.Created)),
    ),
  );
}

/** A path with its tokens and ids cut short. */
const briefly = (path) =>
  path.replace(/[\w-]{64,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (long) => `${long.slice(0, 8)}…`);

const statusTag = ({ status, ok }) =>
  h('span', { class: `tag ${ok ? 'good' : 'bad'}` }, status || 'no answer');

/** `list` is the element that holds the entries; `onChange` hears how many there are. */
export function createTimeline({ list, openReader, onChange }) {
  let entries = [];

  function put(element, requestId) {
    const entry = { requestId, effects: h('ul', { class: 'effects' }) };
    element.append(entry.effects);
    list.prepend(element);
    entries = [entry, ...entries].slice(0, MAX_ENTRIES);
    while (list.children.length > MAX_ENTRIES) list.lastElementChild.remove();
    onChange(entries.length);
    return entry;
  }

  const elsewhere = (requestId) =>
    put(
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
      requestId,
    );

  /** Events and mails carry the id of the request that led to them. */
  const causeOf = (correlationId = '') =>
    entries.find(({ requestId }) => requestId === correlationId) ?? elsewhere(correlationId);

  return {
    /** Shows a request that is on its way; returns what to call with its answer. */
    begin(request) {
      const status = h('span', { class: 'tag' }, '…');
      const reason = h('span', { class: 'small muted' });
      const curl = curlOf(request);
      const element = h(
        'li',
        { class: 'entry panel' },
        h(
          'div',
          { class: 'entry-head' },
          status,
          h('code', {}, `${request.method} ${briefly(request.path)}`),
          reason,
          h('time', {}, timeOf(request.sentAt)),
        ),
        folded('As curl', h('pre', {}, shortened(curl)), copyButton(curl, 'Copy curl')),
      );
      put(element, request.headers['X-Request-Id']);
      return (answer) => {
        status.replaceWith(statusTag(answer));
        if (!answer.ok && answer.body?.code) reason.textContent = answer.body.code;
        const shown =
          answer.body === null ? h('p', { class: 'small muted' }, 'no body') : jsonView(answer.body);
        element.insertBefore(folded(`Answer · ${answer.ms} ms`, shown), element.querySelector('.effects'));
      };
    },

    addRecord(record) {
      causeOf(record.headers.ce_correlationid).effects.append(eventLine(record));
    },

    addMail(mail) {
      causeOf(mail.CorrelationID).effects.append(mailLine(mail, openReader));
    },

    clear() {
      entries = [];
      list.replaceChildren();
      onChange(0);
    },
  };
}
