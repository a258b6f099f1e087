import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Connection } from 'mongoose';
import { loadMongoose } from './driver.ts';
import { type AllowedQuery, createQueryCheck } from './query-check.fixture.ts';

const indexes = [{ collection: 'people', name: 'name', keys: { name: 1 } }] as const;

/**
 * Sends queries over a fake connection.
 * @param explain the server's response to the command `explain`
 */
function recordQueries(
  filters: readonly object[],
  explain: () => Promise<unknown>,
  allowed: readonly AllowedQuery[] = [],
) {
  const explained: object[] = [];
  const client = new EventEmitter();
  async function command(asked: object): Promise<unknown> {
    explained.push(asked);
    return explain();
  }
  const connection = { getClient: () => client, db: { command } } as unknown as Connection;
  const check = createQueryCheck(indexes, allowed);
  check.record(connection);
  for (const filter of filters)
    client.emit('commandStarted', { commandName: 'find', command: { find: 'people', filter } });
  return { check, client, connection, explained };
}

function planOf(stage: string) {
  return async () => ({ queryPlanner: { winningPlan: { stage: 'FETCH', inputStage: { stage } } } });
}

test('asks the server to explain each kind of query once', async () => {
  const filters = [{ name: 'ada' }, { name: 'bob' }, { _id: 1 }];
  const { check, connection, explained } = recordQueries(filters, planOf('IXSCAN'));
  assert.equal(await check.assertIndexed(connection), undefined);
  assert.deepEqual(
    explained,
    [{ name: 'bob' }, { _id: 1 }].map((filter) => ({
      explain: { find: 'people', filter },
      verbosity: 'queryPlanner',
    })),
  );
});

test('refuses a query for which the server reads the whole collection', async () => {
  const { check, connection } = recordQueries([{ name: 'ada' }], planOf('COLLSCAN'));
  await assert.rejects(
    check.assertIndexed(connection),
    /reads the whole collection:\nfind people \{ name \}/,
  );
});

test('refuses a query without an index, unless it is allowed', async () => {
  const query = { query: /^find people \{ age \}$/, because: 'of the test' };
  const refused = recordQueries([{ age: 1 }], planOf('IXSCAN'));
  await assert.rejects(refused.check.assertIndexed(refused.connection), /no declared index/);
  const { check, connection } = recordQueries([{ age: 1 }], planOf('COLLSCAN'), [query]);
  assert.equal(await check.assertIndexed(connection), undefined);
});

test('says that the server does not explain queries, and does not hide other errors', async () => {
  const { MongoServerError } = loadMongoose().mongo;
  function refuseWith(code: number) {
    return () => Promise.reject(new MongoServerError({ code, message: 'refused' }));
  }
  const without = recordQueries([{ name: 'ada' }], refuseWith(59));
  assert.match((await without.check.assertIndexed(without.connection)) ?? '', /1 queries were only compared/);
  const { check, connection } = recordQueries([{ name: 'ada' }], refuseWith(13));
  await assert.rejects(check.assertIndexed(connection), { code: 13 });
});

test('does not check the queries of work that is ignored', async () => {
  const { check, client, connection } = recordQueries([], planOf('IXSCAN'));
  const command = { find: 'people', filter: { age: 1 } };
  await check.ignoring(async () => client.emit('commandStarted', { commandName: 'find', command }));
  assert.equal(await check.assertIndexed(connection), undefined);
});
