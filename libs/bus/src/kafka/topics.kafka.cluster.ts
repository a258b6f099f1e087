/** What a broker says about its topics. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { withTopicNames } from '../topic-names.ts';
import { createKafkaBus } from './bus.kafka.ts';
import { silentLogger, testConnection } from './testing/test-bus.ts';

test('a topic is compacted if it was created so, under any name', async (t) => {
  const bus = createKafkaBus({ ...testConnection, logger: silentLogger, onFatal: assert.fail });
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
