/** Polls the log and the mailbox for records and mails that have arrived since the page was opened. */

const EVERY_MS = 1000;
/**
 * When to poll after a request, in ms since the request. Most events arrive within milliseconds, and most
 * mails soon after.
 */
const SOON_MS = [40, 120, 250, 450, 700];
const NEWEST = 100;

async function getJson(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

export async function listTopics() {
  return (await getJson('topics/api/topics')).topics;
}

export async function listRecords(topic, query = {}) {
  const search = new URLSearchParams({ limit: NEWEST, ...query });
  const { records } = await getJson(`topics/api/topics/${encodeURIComponent(topic)}/records?${search}`);
  return records.map((record) => ({ ...record, topic }));
}

export function listMails(query = '', limit = NEWEST) {
  return getJson(
    query
      ? `mailbox/api/v1/search?${new URLSearchParams({ query, limit })}`
      : `mailbox/api/v1/messages?limit=${limit}`,
  );
}

export function openMail(id) {
  return getJson(`mailbox/api/v1/message/${encodeURIComponent(id)}`);
}
export function loadMailHeaders(id) {
  return getJson(`mailbox/api/v1/message/${encodeURIComponent(id)}/headers`);
}

/**
 * Polls every second while the page is visible. A poll never starts before the previous one has ended.
 * Calling `soon` adds a few polls within the next second.
 */
export function pollRepeatedly(poll, onReachable = () => {}) {
  let polling = false;
  const once = async () => {
    if (polling || document.hidden) return;
    polling = true;
    try {
      await poll();
      onReachable(true);
    } catch {
      onReachable(false);
    } finally {
      polling = false;
    }
  };
  setInterval(once, EVERY_MS);
  document.addEventListener('visibilitychange', once);
  void once();
  return {
    soon() {
      for (const delay of SOON_MS) setTimeout(once, delay);
    },
  };
}

/**
 * Returns a function that is called with one list after another. It returns the items that were in none of
 * the earlier lists; for the first list, it returns nothing.
 */
function unseen(idOf) {
  const known = new Set();
  let first = true;
  return (list) => {
    const fresh = list.filter((item) => !known.has(idOf(item)));
    for (const item of fresh) known.add(idOf(item));
    const isNews = !first;
    first = false;
    return isNews ? fresh : [];
  };
}

/** Calls `onRecord` and `onMail` for each record and mail that arrives from now on, oldest first. */
export function followRecordsAndMails({ onRecord, onMail, onReachable }) {
  const counts = new Map();
  const newRecords = new Map();
  const newMails = unseen((mail) => mail.ID);

  const pollTopic = async ({ name, records }) => {
    if (counts.get(name) === records) return;
    if (!newRecords.has(name))
      newRecords.set(
        name,
        unseen(({ partition, offset }) => `${partition}:${offset}`),
      );
    const list = await listRecords(name);
    counts.set(name, records);
    newRecords.get(name)(list).forEach(onRecord);
  };

  return pollRepeatedly(async () => {
    const topics = await listTopics();
    for (const topic of topics) await pollTopic(topic);
    const { messages } = await listMails();
    newMails(messages).reverse().forEach(onMail);
  }, onReachable);
}
