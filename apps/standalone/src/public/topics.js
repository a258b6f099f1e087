/** Shows the topics of the log, and the records of one topic, newest first. */
import { createElement, createKeyedList, formatTime, renderJson } from './dom.js';
import { listRecords, listTopics, pollRepeatedly } from './live.js';

const LIMIT = 200;
/** If the user searches for a key, how many of the latest records are searched. */
const SEARCHED = 1000;
function byId(id) {
  return document.getElementById(id);
}

let topics = [];
let shown = '';

function chosenTopic() {
  return topics.find(({ name }) => name === decodeURIComponent(location.hash.slice(1))) ?? topics[0];
}
function placeOf({ topic, partition, offset }) {
  return `${topic}/${partition}/${offset}`;
}

function topicLink(topic) {
  return createElement(
    'a',
    { href: `#${encodeURIComponent(topic.name)}`, 'aria-current': topic.current ? 'true' : null },
    createElement('b', {}, topic.name),
    createElement(
      'span',
      { class: 'small muted' },
      `${topic.records} ${topic.records === 1 ? 'record' : 'records'} · ${topic.partitions} partitions`,
    ),
  );
}

function recordBody(record) {
  const filter = createElement(
    'button',
    {
      type: 'button',
      class: 'quiet',
      onclick: () => {
        byId('key').value = subjectOf(record);
        byId('key').focus();
        void poll();
      },
    },
    'Filter by this key',
  );
  return createElement(
    'div',
    { class: 'inside' },
    record.key !== null &&
      createElement(
        'div',
        { class: 'keyed' },
        createElement('span', { class: 'small muted' }, 'Key'),
        createElement('code', {}, record.key),
        filter,
      ),
    createElement('div', {}, createElement('h2', {}, 'Value'), renderJson(record.value)),
    createElement('div', {}, createElement('h2', {}, 'Headers'), renderJson(record.headers)),
  );
}

/**
 * Returns the account id in the key of a record. The id may be followed by a slash and the sequence of the
 * event.
 */
function subjectOf({ key }) {
  return key?.split('/')[0];
}

function recordRow(record) {
  const details = createElement(
    'details',
    {},
    createElement(
      'summary',
      {},
      createElement(
        'code',
        { class: 'place', title: 'partition : offset' },
        `${record.partition} : ${record.offset}`,
      ),
      createElement('span', { class: 'type' }, record.headers.ce_type ?? '(no type)'),
      createElement('code', { class: 'muted' }, record.key === null ? 'no key' : `…${record.key.slice(-12)}`),
      createElement(
        'time',
        { class: 'small muted', datetime: record.timestamp, title: record.timestamp },
        formatTime(record.timestamp),
      ),
    ),
  );
  const fillIn = () => details.open && details.children.length === 1 && details.append(recordBody(record));
  details.addEventListener('toggle', fillIn);
  return createElement('li', {}, details);
}

const updateTopics = createKeyedList(byId('topics'), ({ name }) => name, topicLink);
const updateRecords = createKeyedList(byId('records'), placeOf, recordRow);

function offerPartitions(count) {
  const select = byId('partition');
  if (select.options.length === count + 1) return;
  const numbers = Array.from({ length: count }, (_, index) =>
    createElement('option', { value: index }, index),
  );
  select.replaceChildren(createElement('option', { value: '' }, 'all'), ...numbers);
}

/**
 * Describes the list of records in one sentence.
 * @param hasMore whether the log has older records than those that were loaded
 */
function summaryOf({ count, partition, key, hasMore }) {
  const where = partition ? ` in partition ${partition}` : '';
  const withKey = key ? ' with this key' : '';
  const among = key && hasMore ? ` among the latest ${SEARCHED}` : '';
  if (count === 0 && !where && !withKey) return 'No records yet. Sign up, and the first event appears here.';
  if (count === 0) return `No records${withKey}${where}${among}.`;
  const which = hasMore && !key ? 'Latest ' : '';
  return `${which}${count} ${count === 1 ? 'record' : 'records'}${withKey}${where}${among}, newest first`;
}

async function poll() {
  topics = await listTopics();
  const topic = chosenTopic();
  if (!topic) return;
  offerPartitions(topic.partitions);
  const partition = byId('partition').value;
  const key = byId('key').value.trim();
  const state = JSON.stringify([topics, topic.name, partition, key]);
  if (state === shown) return;
  const asked = key ? SEARCHED : LIMIT;
  const records = await listRecords(topic.name, { limit: asked, ...(partition ? { partition } : {}) });
  const wanted = records
    .filter((record) => key === '' || record.key === key || subjectOf(record) === key)
    .reverse();
  shown = state;
  updateTopics(topics.map((each) => ({ ...each, current: each === topic })));
  updateRecords(wanted.slice(0, LIMIT));
  byId('summary').textContent = summaryOf({
    count: Math.min(wanted.length, LIMIT),
    partition,
    key,
    hasMore: records.length === asked,
  });
}

const tail = pollRepeatedly(
  async () => {
    if (byId('tail').checked || shown === '') await poll();
  },
  (reachable) => {
    byId('state').textContent = reachable ? 'live' : 'offline';
  },
);

byId('filters').addEventListener('input', poll);
byId('filters').addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', () => {
  byId('partition').replaceChildren();
  void poll();
});
tail.soon();
