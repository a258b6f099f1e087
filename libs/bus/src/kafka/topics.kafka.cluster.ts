/** Tests what the bus reports about the topics of a real broker. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { withTopicNames } from '../topic-names.ts';
import { createKafkaBus } from './bus.kafka.ts';
import { kafkaConnectionForTests, silentLogger } from './testing/test-bus.ts';

test('a topic is compacted if it was created so, under any name', async (t) => {
  const bus = createKafkaBus({ ...kafkaConnectionForTests, logger: silentLogger, onFatal: assert.fail });
  t.after(() => bus.close());
  const [compacted, kept] = [`compacted-${randomUUID()}`, `kept-${randomUUID()}`];
  await bus.ensureTopics([
    { name: compacted, partitions: 1, retentionMs: -1, compaction: { maxLagMs: 60_000 } },
    { name: kept, partitions: 1, retentionMs: -1 },
  ]);
  assert.deepEqual([await bus.isCompacted(compacted), await bus.isCompacted(kept)], [true, false]);
  assert.equal(await withTopicNames(bus, { accounts: compacted }).isCompacted('accounts'), true);
  await assert.rejects(bus.isCompacted('missing'), /There is no topic missing/);
});

test('a compacted topic whose records share keys is reported, as long as one of them comes first', async (t) => {
  const bus = createKafkaBus({ ...kafkaConnectionForTests, logger: silentLogger, onFatal: assert.fail });
  t.after(() => bus.close());
  const name = `shared-${randomUUID()}`;
  const sharesKey = (key: Buffer | null) => String(key) === 'shared';
  const spec = { name, partitions: 1, retentionMs: -1, compaction: { maxLagMs: 60_000, sharesKey } };
  const others = { ...spec, name: `others-${randomUUID()}` };
  await bus.ensureTopics([spec, others]);
  assert.deepEqual(await bus.topicFaults([spec, others]), []);
  const [own, shared] = ['own', 'shared'].map((key) => ({ key, value: Buffer.from('1'), headers: {} }));
  assert.ok(own && shared);
  await bus.publish(others.name, [own]);
  await bus.publish(name, [shared, own]);
  const [fault, ...more] = await bus.topicFaults([spec, others]);
  assert.match(fault ?? '', new RegExp(`^The topic ${name} is compacted, but .* \\(docs/upgrading\\.md\\)`));
  assert.deepEqual([await bus.compactedSharedKeyFaults([spec, others]), more], [[fault], []]);

  const { sharesKey: _, ...unchecked } = spec.compaction;
  assert.deepEqual(await bus.topicFaults([{ ...spec, compaction: unchecked }]), []);
  const kept = { ...spec, name: `kept-${randomUUID()}` };
  await bus.ensureTopics([{ name: kept.name, partitions: 1, retentionMs: -1 }]);
  await bus.publish(kept.name, [shared]);
  assert.deepEqual(await bus.topicFaults([kept]), []);
});
