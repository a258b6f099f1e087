import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import type { BusRecord } from './bus.ts';
import { createEmbeddedBus } from './embedded/bus.embedded.ts';
import { groupNameOnLog, topicNameOnLog, withTopicNames } from './topic-names.ts';

const names = { ours: 'theirs' };
const spec = { partitions: 1, retentionMs: -1 };
const record = { key: 'a', value: Buffer.from('1'), headers: {} };

async function openBus(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-names-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  t.after(async () => {
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });
  return bus;
}

test('a renamed topic is requested by our name, and no topic is created under our name', async (t) => {
  const bus = await openBus(t);
  const renamed = withTopicNames(bus, names);
  await renamed.ensureTopics([
    { name: 'ours', ...spec },
    { name: 'other', ...spec },
  ]);
  assert.deepEqual(
    bus.topics().map(({ name }) => name),
    ['other', 'theirs'],
  );

  await renamed.publish('ours', [record]);
  const { promise: read, resolve } = Promise.withResolvers<readonly BusRecord[]>();
  await renamed.subscribe({ topics: ['ours'], group: 'g', handle: async ({ records }) => resolve(records) });
  assert.deepEqual(
    (await read).map(({ topic }) => topic),
    ['theirs'],
  );
  assert.equal((await Array.fromAsync(renamed.readKey('ours', 0, 'a', 0))).length, 1);
  assert.equal((await renamed.progressOf('nobody', ['ours'])).records, 1);

  const replaced: string[] = [];
  const note = ({ topic }: BusRecord) => void replaced.push(topic);
  await renamed.publish('other', [record]);
  await renamed.replaceRecordsOf?.(['1'], note, { unsearched: ['ours'] });
  assert.deepEqual(replaced, ['other']);
});

test('a topic that is not renamed keeps its name, whatever it is', () => {
  assert.equal(topicNameOnLog(names, 'ours'), 'theirs');
  assert.equal(topicNameOnLog(names, 'theirs'), 'theirs');
  assert.equal(topicNameOnLog(names, 'toString'), 'toString');
});

test('a group is named after the prefix and the topics that have another name', () => {
  assert.equal(groupNameOnLog({ prefix: '', topics: {} }, 'user', ['ours']), 'user');
  assert.equal(groupNameOnLog({ prefix: 'a.', topics: {} }, 'user', ['ours']), 'a.user');
  assert.equal(groupNameOnLog({ prefix: '', topics: names }, 'user', ['other', 'ours']), 'user.theirs');
});
