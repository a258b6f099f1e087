/**
 * Tests that an account resumes by itself after its missing event has arrived, and that no event is handled
 * twice. In these tests, the effect of a handler and the position are not stored together, so an event that
 * is handled twice would leave two effects.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import {
  createFailureInjector,
  readRecordsOfKey,
  type ShuffledLog,
  shuffledLogArbitrary,
} from '@latchkey/consumer/testing';
import { acceptAllRecords } from '@latchkey/consumer/testing/signed';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { createOrderedSliceHandler } from './handle-slice.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import type { SequenceStore } from './sequence-store.ts';
import { createDurableTestStore } from './testing/harness.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The events that handlers were called with: the account and the sequence of each event. */
type Handled = (readonly [account: string, sequence: number])[];

type Call = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns the handler of a group member. The members share only the store and the log. */
function memberOf(store: SequenceStore, log: ShuffledLog, handled: Handled, call: Call) {
  const handle = createOrderedSliceHandler({
    authenticate: acceptAllRecords,
    bus: { readKey: (_topic, _partition, key, from, to) => readRecordsOfKey(log.records, key, from, to) },
    store: {
      ...store,
      load: (accounts) => call(() => store.load(accounts)),
      save: (positions) => call(() => store.save(positions)),
      replaceMark: (current, next) => call(() => store.replaceMark(current, next)),
    },
    handlers: {
      SessionsRevoked: (_event, { account, sequence }) => void handled.push([account, sequence]),
    },
    mutex: createKeyedMutex(),
    logger: quiet,
    observe: () => undefined,
  });
  return (records: readonly BusRecord[], signal = new AbortController().signal): Promise<void> =>
    handle({ topic: 'accounts', partition: 0, records, signal, setAside: () => assert.fail() });
}

/**
 * Reads all records in slices of the given sizes. If a slice fails, reads its records again, in slices of
 * other sizes.
 */
async function consume(
  handle: (records: readonly BusRecord[]) => Promise<void>,
  records: readonly BusRecord[],
  sizes: readonly number[],
): Promise<void> {
  let turn = 0;
  for (let position = 0; position < records.length; turn += 1) {
    const end = position + 1 + (sizes[turn % sizes.length] ?? 0);
    const done = await handle(records.slice(position, end)).then(
      () => true,
      () => false,
    );
    if (done) position = end;
  }
}

function sequencesOf(account: string, handled: Handled): readonly number[] {
  return handled.flatMap(([of, sequence]) => (of === account ? [sequence] : []));
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function assertHealed(store: SequenceStore, log: ShuffledLog): Promise<void> {
  const positions = await store.load(log.accounts);
  for (const account of log.accounts) {
    assert.equal(positions.get(account)?.sequence ?? 0, log.complete(account));
    assert.equal(positions.get(account)?.parked?.reason, log.hasGap(account) ? 'gap' : undefined);
  }
}

const sizes = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });

describe('an account that misses an event', () => {
  test('has each event handled once and in order, as soon as that arrives', async () => {
    await fc.assert(
      fc.asyncProperty(shuffledLogArbitrary(0), sizes, async (log, cuts) => {
        const [store, handled] = [createDurableTestStore(), [] as Handled];
        await consume(
          memberOf(store, log, handled, (work) => work()),
          log.records,
          cuts,
        );
        await assertHealed(store, log);
        for (const account of log.accounts)
          assert.deepEqual(sequencesOf(account, handled), upTo(log.complete(account)));
      }),
      { numRuns: chooseRunCount({ some: 70, all: 200 }) },
    );
  });

  test('skips no event, and repeats only the current one, if the store fails meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        shuffledLogArbitrary(0),
        sizes,
        fc.array(fc.nat(200), { maxLength: 30 }),
        async (log, cuts, failing) => {
          const [store, handled] = [createDurableTestStore(), [] as Handled];
          await consume(memberOf(store, log, handled, createFailureInjector(failing)), log.records, cuts);
          await assertHealed(store, log);
          for (const account of log.accounts) {
            const sequences = sequencesOf(account, handled);
            assert.deepEqual([...new Set(sequences)], upTo(log.complete(account)));
            assert.deepEqual(
              sequences,
              sequences.toSorted((a, b) => a - b),
            );
          }
        },
      ),
      { numRuns: chooseRunCount({ some: 100, all: 300 }) },
    );
  });

  test('loses no event if a member still works on a partition that another has taken over', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        shuffledLogArbitrary(0),
        sizes,
        fc.nat(40),
        fc.integer({ min: 1, max: 12 }),
        async (scheduler, log, cuts, from, length) => {
          const [store, handled] = [createDurableTestStore(), [] as Handled];
          const scheduled: Call = (work) => scheduler.schedule(Promise.resolve()).then(work);
          await consume(
            memberOf(store, log, handled, (work) => work()),
            log.records.slice(0, from),
            cuts,
          );
          const stale = log.records.slice(from, from + length);
          const late = memberOf(store, log, [], scheduled);
          const owner = memberOf(store, log, handled, scheduled);
          await scheduler.waitFor(
            Promise.all([stale.length > 0 && late(stale), consume(owner, log.records.slice(from), cuts)]),
          );
          const positions = await store.load(log.accounts);
          for (const account of log.accounts)
            assert.equal(positions.get(account)?.sequence ?? 0, log.complete(account));
        },
      ),
      { numRuns: chooseRunCount({ some: 100, all: 300 }) },
    );
  });
});
