/** The timeline: each request with its curl command and response, followed by the events and mails that it caused. */
import { formatCurlCommand, shortenTokens } from './api.js';
import { copyButton, h, jsonView, timeOf } from './dom.js';

const MAX_ENTRIES = 50;

function folded(title, ...content) {
  return h('details', {}, h('summary', {}, title), h('div', { class: 'inside' }, ...content));
}

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
            sequence ? `event ${Number(sequence)} of its account` : record.topic,
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
      h('button', { type: 'button', class: 'quiet', onclick: () => openReader(mail.ID) }, 'Read'),
      h('time', {}, timeOf(mail.Created)),
    ),
  );
}

/** Shortens the tokens and ids in a path. */
function briefly(path) {
  return path.replace(
    /[\w-]{64,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
    (long) => `${long.slice(0, 8)}…`,
  );
}

function statusTag({ status, ok }) {
  return h('span', { class: `tag ${ok ? 'good' : 'bad'}` }, status || 'no response');
}

/**
 * Creates the timeline.
 * @param list the element to which entries are added
 * @param onChange called with the number of entries
 */
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
          h('b', {}, 'Another client'),
          h('span', { class: 'small muted' }, 'a link, another tab, curl, or an expiry'),
        ),
      ),
      requestId,
    );

  /** Returns the entry of the request that caused an event or mail. Both carry the id of that request. */
  const causeOf = (correlationId = '') =>
    entries.find(({ requestId }) => requestId === correlationId) ?? elsewhere(correlationId);

  return {
    /** Adds a request that was sent. Returns a function that must be called with its response. */
    begin(request) {
      const status = h('span', { class: 'tag' }, '…');
      const reason = h('span', { class: 'small muted' });
      const curl = formatCurlCommand(request);
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
        folded('curl', h('pre', {}, shortenTokens(curl)), copyButton(curl, 'Copy curl')),
      );
      put(element, request.headers['X-Request-Id']);
      return (answer) => {
        status.replaceWith(statusTag(answer));
        if (!answer.ok && answer.body?.code) reason.textContent = answer.body.code;
        const shown =
          answer.body === null ? h('p', { class: 'small muted' }, 'no body') : jsonView(answer.body);
        element.insertBefore(folded(`Response · ${answer.ms} ms`, shown), element.querySelector('.effects'));
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
