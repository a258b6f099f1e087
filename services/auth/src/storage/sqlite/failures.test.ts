import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitOf } from '../../ports/testing/commits.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteJournal } from './journal.ts';
import { createSqliteLeases } from './leases.ts';
import { createSqliteRequests } from './requests.ts';
import { createSqliteSessions } from './sessions.ts';

test('every port says that its store is away, reading and writing', async () => {
  const { database, close } = await temporaryDatabase();
  const journal = createSqliteJournal(database);
  const sessions = createSqliteSessions(database);
  const requests = createSqliteRequests(database);
  const leases = createSqliteLeases(database);
  await close();

  const now = new Date();
  const asked = [
    () => journal.append(commitOf()),
    () => journal.read('a'),
    () => sessions.find('a'),
    () => sessions.remove('a', 'b'),
    () => requests.count(),
    () => requests.done('a', 'b'),
    () => leases.take({ name: 'a', holder: 'b', now, ms: 1 }),
  ];
  for (const ask of asked) await assert.rejects(ask(), { name: 'StoreUnavailable' });
});
