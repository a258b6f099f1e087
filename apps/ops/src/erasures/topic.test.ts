import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { openAuthStores } from '@latchkey/auth';
import type { ErasureRecord } from '@latchkey/auth/ops';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import {
  computeErasedDataInTopic,
  type DataRemovalMethod,
  formatAdviceOnRemovingData,
  formatErasedDataInTopic,
} from './topic.ts';

const DAY_MS = 24 * 3_600_000;
const ERASED_AT = '2026-03-01T12:00:00.000Z';
const COPIED_AT = '2026-03-01T12:00:02.000Z';
const REMOVED_BY = '2026-03-10T13:00:02.000Z';
const GONE_AT = '2026-03-10T14:00:00.000Z';

function topicOf(
  { copies, isConfirmed = true }: Partial<Pick<ErasureRecord, 'copies'>> & { isConfirmed?: boolean },
  removal: DataRemovalMethod,
) {
  const receipts = isConfirmed ? [{ consumer: 'auth', confirmedAt: COPIED_AT }] : [];
  const erasure = { account: 'a', sequence: 7, erasedAt: ERASED_AT, expected: ['auth'], receipts };
  const topic = computeErasedDataInTopic(
    { ...erasure, ...(copies && { copies }) },
    { name: 'accounts.events.v2', removal, maxLagMs: 7 * DAY_MS },
  );
  return { topic, text: formatErasedDataInTopic(topic), advice: formatAdviceOnRemovingData(topic, 'a') };
}

describe('the topic after an erasure', () => {
  const open = { firstAt: COPIED_AT, lastAt: COPIED_AT };

  test('is clean at once on a log that replaces records in place, once auth has confirmed', () => {
    assert.equal(topicOf({}, 'in place').text, 'clean');
    assert.equal(topicOf({ isConfirmed: false }, 'in place').text, 'not yet');
  });

  test('is clean once the broker must have removed the events, counted from the copies that come an hour later', () => {
    const { topic, text, advice } = topicOf({ copies: open }, 'compaction');
    assert.deepEqual(topic, {
      name: 'accounts.events.v2',
      removal: 'compaction',
      copiesAt: COPIED_AT,
      removedBy: REMOVED_BY,
      clean: false,
    });
    assert.deepEqual([text, advice], [`until ${REMOVED_BY}`, undefined]);
    const later = topicOf({ copies: { ...open, goneAt: GONE_AT } }, 'compaction');
    assert.deepEqual([later.topic.clean, later.topic.removedBy, later.text], [true, GONE_AT, 'clean']);
    assert.equal(topicOf({ isConfirmed: false }, 'compaction').text, 'not yet');
  });

  test('keeps the person if it is not compacted, and says what to do', () => {
    for (const copies of [{}, { copies: open }]) {
      const { topic, text, advice } = topicOf(copies, 'none');
      assert.deepEqual([topic.clean, topic.removedBy, text], [false, undefined, 'not compacted']);
      assert.match(advice ?? '', /^accounts\.events\.v2 is not compacted, .*\(docs\/upgrading\.md\)$/);
    }
  });

  test('is unknown if auth has confirmed without copies, although it is compacted now', () => {
    const { topic, text, advice } = topicOf({}, 'compaction');
    assert.deepEqual([topic.clean, text], [null, 'unknown']);
    assert.match(advice ?? '', /erase --check a .* republish --account a /);
  });
});

async function erasedFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const { erasureReceipts } = openAuthStores(createSqliteStore(database));
  const account = randomUUID();
  await erasureReceipts.open({ account, sequence: 7, erasedAt: ERASED_AT, expected: ['auth'] });
  await erasureReceipts.noteCopies(account, COPIED_AT);
  await database.close();
  return { account, settings: { STORE: 'sqlite', LOG: 'kafka', DATA_DIR: folder } };
}

test('a broker that cannot be asked leaves the rest of the certificate as it is', async (t) => {
  const { account, settings } = await erasedFolder(t);
  const { code, out, err } = await runCommandInProcess(settings, 'erasures', 'show', account, '--json');
  assert.equal(code, 0);
  const certificate = JSON.parse(out);
  assert.equal(certificate.complete, false);
  assert.deepEqual(certificate.retained, [
    { name: 'security.events.v1', contents: 'networks and user agents', clean: null },
    { name: 'deliveries.events.v1', contents: 'fingerprints of addresses', clean: null },
  ]);
  assert.deepEqual(certificate.topic, {
    name: 'accounts.events.v1',
    removal: 'unknown',
    copiesAt: COPIED_AT,
    removedBy: REMOVED_BY,
    clean: false,
  });
  assert.equal(err, 'how Kafka removes the data from its topics is unknown: KAFKA_BROKERS: is required\n');
});
