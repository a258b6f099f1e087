/** Shows the topics of the log, and the records of one topic, newest first. */
import { createKeyedList, h, jsonView, timeOf } from './dom.js';
import { listRecords, listTopics, pollRepeatedly } from './live.js';

const LIMIT = 200;
/** How many of the latest records are searched for a key. */
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
  return h(
    'a',
    { href: `#${encodeURIComponent(topic.name)}`, 'aria-current': topic.current ? 'true' : null },
    h('b', {}, topic.name),
    h(
      'span',
      { class: 'small muted' },
      `${topic.records} ${topic.records === 1 ? 'record' : 'records'} · ${topic.partitions} partitions`,
    ),
  );
}

function recordBody(record) {
  const filter = h(
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
  return h(
    'div',
    { class: 'inside' },
    record.key !== null &&
      h(
        'div',
        { class: 'keyed' },
        h('span', { class: 'small muted' }, 'Key'),
        h('code', {}, record.key),
        filter,
      ),
    h('div', {}, h('h2', {}, 'Value'), jsonView(record.value)),
    h('div', {}, h('h2', {}, 'Headers'), jsonView(record.headers)),
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
  const details = h(
    'details',
    {},
    h(
      'summary',
      {},
      h('code', { class: 'place', title: 'partition : offset' }, `${record.partition} : ${record.offset}`),
      h('span', { class: 'type' }, record.headers.ce_type ?? '(no type)'),
      h('code', { class: 'muted' }, record.key === null ? 'no key' : `…${record.key.slice(-12)}`),
      h(
        'time',
        { class: 'small muted', datetime: record.timestamp, title: record.timestamp },
        timeOf(record.timestamp),
      ),
    ),
  );
  const fillIn = () => details.open && details.children.length === 1 && details.append(recordBody(record));
  details.addEventListener('toggle', fillIn);
  return h('li', {}, details);
}

const updateTopics = createKeyedList(byId('topics'), ({ name }) => name, topicLink);
const updateRecords = createKeyedList(byId('records'), placeOf, recordRow);

function offerPartitions(count) {
  const select = byId('partition');
  if (select.options.length === count + 1) return;
  const numbers = Array.from({ length: count }, (_, index) => h('option', { value: index }, index));
  select.replaceChildren(h('option', { value: '' }, 'all'), ...numbers);
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
