import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heartbeatKey } from '@latchkey/events';
import { createShards } from './shards.ts';
import { createAccountStream, createRecordsOfStream } from './testing/streams.ts';
import { createTopicIndex } from './topic-index.ts';

describe('the topic index', () => {
  test('holds the subjects of its shard and skips all others', () => {
    const [ours, others] = [createAccountStream(2), createAccountStream(2)];
    const index = createTopicIndex((subject) => subject === ours.id);
    index.add([...createRecordsOfStream(ours), ...createRecordsOfStream(others)]);
    assert.equal(index.entryOf(ours.id).fingerprints.length, 2);
    assert.equal(index.entryOf(others.id).fingerprints.length, 0);
    assert.deepEqual([...index.notInJournal()], [ours.id]);
  });

  test('assigns keys of both forms to one account, and skips heartbeats', () => {
    const account = createAccountStream(2);
    const index = createTopicIndex((subject) => subject === account.id);
    const keys = [account.id, `${account.id}/2`];
    index.add(
      createRecordsOfStream(account).map((record, at) => ({ ...record, key: Buffer.from(keys[at] ?? '') })),
    );
    const [record] = createRecordsOfStream(account);
    assert.ok(record);
    index.add([{ ...record, key: Buffer.from(heartbeatKey(account.id)), value: null, headers: {} }]);
    assert.equal(index.entryOf(account.id).fingerprints.length, 2);
    assert.deepEqual([index.recordsWithoutKey(), [...index.notInJournal()]], [0, [account.id]]);
  });

  test('keeps which subjects are in the journal, including those without records', () => {
    const [one, another, silent] = [createAccountStream(1), createAccountStream(1), createAccountStream(1)];
    const index = createTopicIndex(() => true);
    index.add([...createRecordsOfStream(one), ...createRecordsOfStream(another)]);
    index.markInJournal(one.id);
    index.markInJournal(silent.id);
    assert.deepEqual([...index.notInJournal()], [another.id]);
    assert.ok(index.entryOf(silent.id).inJournal);
  });

  test('counts records without a usable key exactly once over all shards', () => {
    const [record] = createRecordsOfStream(createAccountStream(1));
    assert.ok(record);
    const keys = [null, Buffer.from(''), Buffer.from('nobody'), Buffer.from([0xff, 0xfe])];
    const records = keys.map((key) => ({ ...record, key }));
    const counted = createShards(100, 30).map((shard) => {
      const index = createTopicIndex(shard);
      index.add(records);
      return index.recordsWithoutKey();
    });
    assert.deepEqual(
      counted.reduce((sum, each) => sum + each, 0),
      keys.length,
    );
  });
});

describe('shards', () => {
  test('have each account in exactly one of them, and are of about equal size', () => {
    const shards = createShards(1000, 250);
    assert.equal(shards.length, 4);
    const sizes = shards.map(() => 0);
    for (const { id } of Array.from({ length: 1000 }, () => createAccountStream(1))) {
      const owners = shards.flatMap((shard, index) => (shard(id) ? [index] : []));
      assert.equal(owners.length, 1);
      sizes[owners[0] ?? 0] = (sizes[owners[0] ?? 0] ?? 0) + 1;
    }
    for (const size of sizes) assert.ok(size > 150 && size < 350, String(sizes));
  });

  test('are a single one for few records, or none', () => {
    assert.deepEqual(
      [0, 10, 11].map((records) => createShards(records, 10).length),
      [1, 1, 2],
    );
  });
});
