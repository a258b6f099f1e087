/**
 * Tests that the stores of commits behave like the in-memory model: after any sequence of writes, their reads
 * return the same data.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCommit, createTestInstant } from './commits.ts';
import { type CommitStores, createMemoryStores } from './memory-stores.ts';

/** Generates only three stream names, so that commands often conflict. */
const streamName = fc.constantFrom('a', 'b', 'c');
const number = fc.integer({ min: 1, max: 4 });
const claims = fc.subarray(['one', 'two', 'three'], { minLength: 1 });
const address = fc.constantFrom('ada@example.com', 'grace@example.com');

const commit = fc
  .record(
    {
      stream: streamName,
      number,
      commandId: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
      claims,
      address,
    },
    { requiredKeys: ['stream', 'number', 'commandId'] },
  )
  // Give each commit a different time, because the order of commits with equal times is not specified.
  .map(({ address, ...given }) =>
    createCommit({
      ...given,
      at: createTestInstant(1 + given.number * 10 + 'abc'.indexOf(given.stream)),
      // Only the first commit of an account has an address.
      ...(address === undefined || given.number > 1 ? {} : { address }),
    }),
  );

type Step = (stores: CommitStores) => Promise<unknown>;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: commit.map(
      (commit): Step =>
        ({ journal }) =>
          journal.append(commit),
    ),
  },
  streamName.map(
    (stream): Step =>
      ({ registrations }) =>
        registrations.settle(stream),
  ),
  fc.array(fc.record({ stream: streamName, number })).map(
    (keys): Step =>
      ({ outbox }) =>
        outbox.markPublished(keys),
  ),
  fc.record({ stream: streamName, number, stateVersion: fc.nat(1) }).map(
    (given): Step =>
      ({ snapshots }) =>
        snapshots.save({ ...given, sequence: given.number, state: given }),
  ),
);

/** Reads everything that the stores of commits can return, for comparison with the model. */
async function everything({ journal, outbox, registrations, snapshots }: CommitStores): Promise<unknown> {
  const [earliest] = await journal.read('a');
  const [first] = await registrations.page({ limit: 1 });
  return {
    commits: await Promise.all(['a', 'b', 'c'].map((stream) => journal.read(stream))),
    later: await journal.read('a', earliest?.number),
    holders: await Promise.all(['one', 'two', 'three'].map((claim) => journal.holder(claim))),
    living: await Promise.all(
      ['ada@example.com', 'grace@example.com'].map((address) => registrations.living(address)),
    ),
    page: await registrations.page({ ...(first === undefined ? {} : { after: first }), limit: 2 }),
    unpublished: await outbox.unpublished(['a', 'b', 'c']),
    waiting: await outbox.waiting({
      recent: { from: new Date(createTestInstant(25)), to: new Date(createTestInstant(30)) },
      limit: 2,
    }),
    backlog: await outbox.backlog(),
    snapshots: await Promise.all(['a', 'b', 'c'].map((stream) => snapshots.find(stream))),
  };
}

export interface EmptyCommitStores {
  readonly stores: CommitStores;
  /** Deletes all records of the stores except the key fingerprints. */
  clear(): Promise<unknown>;
  close(): Promise<void>;
}

export function defineCommitStoresModelContractTests(
  name: string,
  open: () => Promise<EmptyCommitStores>,
  { numRuns }: { readonly numRuns: number },
): void {
  test(`the stores of commits on ${name} answer as their model does`, async () => {
    const { stores, clear, close } = await open();
    try {
      await fc.assert(
        fc
          .asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), async (steps) => {
            const model = createMemoryStores();
            for (const run of steps) assert.deepEqual(await run(stores), await run(model));
            assert.deepEqual(await everything(stores), await everything(model));
          })
          .beforeEach(clear),
        { numRuns },
      );
    } finally {
      await close();
    }
  });
}
