import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { ALL_MAILS } from '../../delivery/suppression.ts';
import { suppressionsContract } from '../../ports/suppressions.contract.ts';
import { notifierIndexes, SUPPRESSIONS_COLLECTION } from './schema.ts';
import { createMongoSuppressions } from './suppressions.ts';

const database = createTestDatabase('suppressions', notifierIndexes);

suppressionsContract('mongo', async () => {
  const { connection } = await database.empty();
  return { suppressions: createMongoSuppressions(connection), close: async () => undefined };
});

test('each query of the suppressions can use an index', async () => {
  await database.empty();
  const { connection } = await database.another('monitorCommands=true');
  const filters: object[] = [];
  connection.getClient().on('commandStarted', ({ command }) => {
    const { filter, updates = [], deletes = [] } = command;
    const all = [filter, ...[...updates, ...deletes].map(({ q }) => q)];
    filters.push(...all.filter((each) => each !== undefined));
  });
  const suppressions = createMongoSuppressions(connection);
  const [recipient, since] = ['fingerprint', new Date()];
  const one = { recipient, hint: 'a…', mail: ALL_MAILS, reason: 'bounced', since, until: since } as const;
  await suppressions.put(one);
  await suppressions.find(recipient, 'welcome', since);
  await suppressions.list({ now: since, limit: 9 });
  await suppressions.removeReportedOf(recipient);
  await suppressions.remove(one);
  assert.equal(filters.length, 6);

  const indexes = await connection.collection(SUPPRESSIONS_COLLECTION).indexes();
  const indexed = new Set(indexes.map(({ key }) => Object.keys(key)[0]));
  for (const filter of filters)
    assert.ok(
      Object.keys(filter).some((field) => indexed.has(field)),
      `no index is about a field of ${JSON.stringify(filter)}`,
    );
});
