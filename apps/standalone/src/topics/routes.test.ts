import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { fetchJson, openTemporaryDatabase, serveRoutes } from '../testing.ts';
import { createTopicsRoutes, recordListSchema, topicListSchema } from './routes.ts';

async function running(t: TestContext) {
  function now() {
    return new Date('2026-03-01T12:00:00.000Z');
  }
  const bus = createEmbeddedBus({ database: await openTemporaryDatabase(t), now });
  t.after(() => bus.close());
  await bus.ensureTopics([{ name: 'things.v1', partitions: 3, retentionMs: -1 }]);
  return { bus, url: `${await serveRoutes(t, createTopicsRoutes(bus))}/topics/api/topics` };
}

function record(key: string | null, value: string | Buffer | null) {
  return {
    key,
    value: value === null ? null : Buffer.from(value),
    headers: { ce_type: 'Made' },
  };
}
async function topics(url: string) {
  return (await fetchJson(url, topicListSchema)).topics;
}
async function records(url: string) {
  return (await fetchJson(url, recordListSchema)).records;
}

test('topics are listed with their partitions and how many records they hold', async (t) => {
  const { bus, url } = await running(t);
  assert.deepEqual(await topics(url), [{ name: 'things.v1', partitions: 3, records: 0 }]);
  await bus.publish('things.v1', [record('a', '{}'), record('b', '{}')]);
  assert.equal((await topics(url))[0]?.records, 2);
});

test('a record is shown with its place, time, key, headers and decoded value', async (t) => {
  const { bus, url } = await running(t);
  await bus.publish('things.v1', [record('a', '{"n":1}')]);
  const found = await records(`${url}/things.v1/records`);
  assert.equal(found.length, 1);
  const [{ partition, ...rest } = { partition: -1 }] = found;
  assert.ok(partition >= 0 && partition < 3);
  assert.deepEqual(rest, {
    offset: 0,
    timestamp: '2026-03-01T12:00:00.000Z',
    key: 'a',
    headers: { ce_type: 'Made' },
    value: { n: 1 },
  });
});

test('what is not JSON is shown as text, what is not text as base64, and nothing as null', async (t) => {
  const { bus, url } = await running(t);
  await bus.publish('things.v1', [
    record('a', 'plain'),
    record('a', Buffer.from([0xff, 0x00])),
    record('a', null),
  ]);
  const found = await records(`${url}/things.v1/records`);
  assert.deepEqual(
    found.map(({ value }) => value),
    ['plain', 'base64:/wA=', null],
  );
});

test('a partition can be read from an offset, a page at a time', async (t) => {
  const { bus, url } = await running(t);
  await bus.publish(
    'things.v1',
    ['1', '2', '3', '4'].map((value) => record('a', value)),
  );
  const [first] = await records(`${url}/things.v1/records`);
  const page = await records(`${url}/things.v1/records?partition=${first?.partition}&offset=1&limit=2`);
  assert.deepEqual(
    page.map(({ offset, value }) => [offset, value]),
    [
      [1, 2],
      [2, 3],
    ],
  );
});

test('without an offset the newest records come', async (t) => {
  const { bus, url } = await running(t);
  await bus.publish(
    'things.v1',
    ['1', '2', '3'].map((value) => record('a', value)),
  );
  const found = await records(`${url}/things.v1/records?limit=2`);
  assert.deepEqual(
    found.map(({ value }) => value),
    [2, 3],
  );
});

test('an unknown topic is not found, a wrong number is refused', async (t) => {
  const { url } = await running(t);
  assert.equal((await fetch(`${url}/others/records`)).status, 404);
  assert.equal((await fetch(`${url}/things.v1/records?limit=many`)).status, 400);
  assert.equal((await fetch(`${url}/things.v1/records?partition=-1`)).status, 400);
});
