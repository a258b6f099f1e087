/** The timeline: each request with its curl command and response, followed by the events and mails that it caused. */
import { formatCurlCommand, shortenTokens } from './api.js';
import { createCopyButton, createElement, formatTime, renderJson } from './dom.js';

const MAX_ENTRIES = 50;

function folded(title, ...content) {
  return createElement(
    'details',
    {},
    createElement('summary', {}, title),
    createElement('div', { class: 'inside' }, ...content),
  );
}

function eventLine(record) {
  const { ce_type: type, ce_sequence: sequence, ce_time: time } = record.headers;
  return createElement(
    'li',
    { class: 'effect' },
    createElement(
      'details',
      {},
      createElement(
        'summary',
        {},
        createElement('span', { class: 'kind' }, 'event'),
        createElement(
          'span',
          { class: 'grow' },
          createElement('b', {}, type ?? record.topic),
          ' ',
          createElement(
            'span',
            { class: 'small muted' },
            sequence ? `event ${Number(sequence)} of its account` : record.topic,
          ),
        ),
        createElement('time', {}, formatTime(time ?? record.timestamp)),
      ),
      createElement(
        'div',
        { class: 'inside' },
        createElement(
          'p',
          { class: 'small muted' },
          `${record.topic}, partition ${record.partition}, offset ${record.offset}, key ${record.key}`,
        ),
        renderJson(record.value),
        folded('Headers', renderJson(record.headers)),
      ),
    ),
  );
}

function mailLine(mail, openReader) {
  const to = mail.To.map(({ Address }) => Address).join(', ');
  return createElement(
    'li',
    { class: 'effect' },
    createElement(
      'div',
      { class: 'effect-line' },
      createElement('span', { class: 'kind mail-kind' }, 'mail'),
      createElement(
        'span',
        { class: 'grow' },
        createElement('b', {}, mail.Subject),
        ' ',
        createElement('span', { class: 'small muted' }, `to ${to}`),
      ),
      createElement('button', { type: 'button', class: 'quiet', onclick: () => openReader(mail.ID) }, 'Read'),
      createElement('time', {}, formatTime(mail.Created)),
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
  return createElement('span', { class: `tag ${ok ? 'good' : 'bad'}` }, status || 'no response');
}

/**
 * Creates the timeline.
 * @param list the element to which entries are added
 * @param onChange called with the number of entries
 */
export function createTimeline({ list, openReader, onChange }) {
  let entries = [];

  function put(element, requestId) {
    const entry = { requestId, effects: createElement('ul', { class: 'effects' }) };
    element.append(entry.effects);
    list.prepend(element);
    entries = [entry, ...entries].slice(0, MAX_ENTRIES);
    while (list.children.length > MAX_ENTRIES) list.lastElementChild.remove();
    onChange(entries.length);
    return entry;
  }

  const elsewhere = (requestId) =>
    put(
      createElement(
        'li',
        { class: 'entry panel' },
        createElement(
          'div',
          { class: 'entry-head' },
          createElement('b', {}, 'Another client'),
          createElement('span', { class: 'small muted' }, 'a link, another tab, curl, or an expiry'),
        ),
      ),
      requestId,
    );

  /**
   * Returns the entry of the request that caused an event or mail. Events and mails contain the id of the
   * request that caused them.
   */
  const causeOf = (correlationId = '') =>
    entries.find(({ requestId }) => requestId === correlationId) ?? elsewhere(correlationId);

  return {
    /**
     * Adds a request that was just sent to the timeline. Returns a function that must be called with the
     * response.
     */
    begin(request) {
      const status = createElement('span', { class: 'tag' }, '…');
      const reason = createElement('span', { class: 'small muted' });
      const curl = formatCurlCommand(request);
      const element = createElement(
        'li',
        { class: 'entry panel' },
        createElement(
          'div',
          { class: 'entry-head' },
          status,
          createElement('code', {}, `${request.method} ${briefly(request.path)}`),
          reason,
          createElement('time', {}, formatTime(request.sentAt)),
        ),
        folded('curl', createElement('pre', {}, shortenTokens(curl)), createCopyButton(curl, 'Copy curl')),
      );
      put(element, request.headers['X-Request-Id']);
      return (answer) => {
        status.replaceWith(statusTag(answer));
        if (!answer.ok && answer.body?.code) reason.textContent = answer.body.code;
        const shown =
          answer.body === null
            ? createElement('p', { class: 'small muted' }, 'no body')
            : renderJson(answer.body);
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
