import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sequenceStoreContract } from '@latchkey/events/store-contract';
import { openPositionStoreInFile } from './file-store.ts';

async function newPath(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'latchkey-positions-')), 'positions.jsonl');
}

sequenceStoreContract('file', async () => {
  const path = await newPath();
  return {
    store: await openPositionStoreInFile(path),
    close: () => rm(join(path, '..'), { recursive: true }),
  };
});

async function reopened(context: TestContext, last = '') {
  const path = await newPath();
  context.after(() => rm(join(path, '..'), { recursive: true }));
  const store = await openPositionStoreInFile(path);
  await store.save([{ account: 'ada', sequence: 3, head: '3:hash' }]);
  const parked = {
    account: 'bob',
    topic: 't',
    partition: 0,
    offset: 7,
    after: 1,
    reason: 'gap',
    cause: 'c',
  } as const;
  await store.save([{ account: 'bob', sequence: 1, parked }]);
  await store.replaceMark(parked);
  if (last !== '') await writeFile(path, last, { flag: 'a' });
  return openPositionStoreInFile(path);
}

test('positions survive the end of the process', async (context) => {
  const store = await reopened(context);
  assert.deepEqual(
    await store.load(['ada', 'bob', 'eve']),
    new Map(
      Object.entries({
        ada: { account: 'ada', sequence: 3, head: '3:hash' },
        bob: { account: 'bob', sequence: 1 },
      }),
    ),
  );
});

test('a line that a killed process has left incomplete is ignored, and does not damage the next', async (context) => {
  const store = await reopened(context, '\n{"saved":[{"account":"ada","sequ');
  await store.save([{ account: 'ada', sequence: 4 }]);
  assert.equal((await store.load(['ada'])).get('ada')?.sequence, 4);
});
