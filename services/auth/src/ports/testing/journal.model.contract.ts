/** Whatever is done to it, in whatever order: a journal answers as the one in memory does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Commit, Journal } from '../journal.ts';
import { commitOf, instant } from './commits.ts';
import { createMemoryJournal } from './memory-journal.ts';

/** Few of everything, so that commands collide. */
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
  // Each commit has a time of its own; the order among equal times is not promised.
  .map(({ address, ...given }) =>
    commitOf({
      ...given,
      at: instant(1 + given.number * 10 + 'abc'.indexOf(given.stream)),
      // Only the first commit of an account has one.
      ...(address === undefined || given.number > 1 ? {} : { address }),
    }),
  );

type Step = (journal: Journal) => Promise<unknown>;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: commit.map(
      (commit): Step =>
        (journal) =>
          journal.append(commit),
    ),
  },
  streamName.map(
    (stream): Step =>
      (journal) =>
        journal.settle(stream),
  ),
  fc.array(fc.record({ stream: streamName, number })).map(
    (places): Step =>
      async (journal) => {
        const streams = await Promise.all(places.map(({ stream }) => journal.read(stream)));
        const found = streams.map((commits, nth) =>
          commits.find(({ number }) => number === places[nth]?.number),
        );
        await journal.markPublished(found.filter((commit) => commit !== undefined));
      },
  ),
  fc.record({ stream: streamName, number, stateVersion: fc.nat(1) }).map(
    (given): Step =>
      (journal) =>
        journal.saveSnapshot({ ...given, sequence: given.number, state: given }),
  ),
);

/** Everything that can be asked of a journal. */
async function everything(journal: Journal): Promise<unknown> {
  const after: readonly Commit[] = await journal.read('a');
  const [first] = await journal.registrations({ limit: 1 });
  return {
    commits: await Promise.all(['a', 'b', 'c'].map((stream) => journal.read(stream))),
    later: await journal.read('a', after[0]?.number),
    holders: await Promise.all(['one', 'two', 'three'].map((claim) => journal.holder(claim))),
    living: await Promise.all(
      ['ada@example.com', 'grace@example.com'].map((address) => journal.living(address)),
    ),
    registrations: await journal.registrations({
      ...(first === undefined ? {} : { after: first }),
      limit: 2,
    }),
    unpublished: await Promise.all(['a', 'b', 'c'].map((stream) => journal.unpublished(stream))),
    waiting: await journal.waiting({ before: new Date(instant(25)), limit: 2 }),
    backlog: await journal.backlog(),
    snapshots: await Promise.all(['a', 'b', 'c'].map((stream) => journal.snapshot(stream))),
  };
}

export interface OpenEmptyJournal {
  readonly journal: Journal;
  /** Empties it but for fingerprints. */
  clear(): Promise<unknown>;
  close(): Promise<void>;
}

export function journalModelContract(
  name: string,
  open: () => Promise<OpenEmptyJournal>,
  { numRuns }: { readonly numRuns: number },
): void {
  test(`the journal on ${name} answers as its model does`, async () => {
    const { journal, clear, close } = await open();
    try {
      await fc.assert(
        fc
          .asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), async (steps) => {
            const model = createMemoryJournal();
            for (const run of steps) assert.deepEqual(await run(journal), await run(model));
            assert.deepEqual(await everything(journal), await everything(model));
          })
          .beforeEach(clear),
        { numRuns },
      );
    } finally {
      await close();
    }
  });
}
