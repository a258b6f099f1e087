/**
 * Tests that a consumer notices a forked history and parks only that account, even if records are lost, late
 * or repeated and the store fails.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import { chainEvent, coveredBy, encode, type LatchkeyEvent, newPersonSalt } from '@latchkey/events';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { applySlice } from './apply-slice.ts';
import { computeHeadAfterEvent } from './chain-head.ts';
import { createMemoryPositionStore } from './memory-positions.ts';
import type { Position, PositionStore } from './position-store.ts';
import { decodeRecord, type EventRecord, sequenceOf } from './records.ts';
import { createTestGroupMember, deliverInSlices, type RunStoreCall } from './testing/group-member.ts';
import { createTestAccountId } from './testing/history.ts';
import { createFailureInjector } from './testing/shuffled-log.ts';
import { acceptLinkedRecords } from './testing/signed.ts';

const [forking, other] = [createTestAccountId(1), createTestAccountId(2)];

interface Chained {
  readonly sequence: number;
  readonly hash: string;
  readonly previous: string | undefined;
  readonly record: Omit<BusRecord, 'offset'>;
}

/**
 * Returns events that continue an account's history. @param branch distinguishes events with the same
 * sequence
 */
function continueHistory(account: string, before: readonly Chained[], count: number, branch = 0) {
  const events = [...before];
  for (let sequence = before.length + 1; sequence <= before.length + count; sequence += 1) {
    const event: LatchkeyEvent = {
      id: createTestAccountId(branch * 1000 + sequence),
      subject: account,
      sequence,
      time: '2026-03-01T12:00:00Z',
      correlationId: 'request-1',
      causationId: 'command-1',
      type: 'SessionsRevoked',
      data: { userId: account, reason: 'logout-all' },
    };
    const previous = events.at(-1)?.hash;
    const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
    const { topic, key, value, headers } = encode(event, {
      proof: { ...entry, signature: `test.${'A'.repeat(86)}` },
    });
    const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
    const record = {
      topic,
      partition: 0,
      timestamp: new Date(0),
      key: Buffer.from(key),
      value,
      headers: Object.fromEntries(bytes),
    };
    events.push({ sequence, hash: entry.hash, previous, record });
  }
  return events;
}

interface ForkedLog {
  readonly records: readonly BusRecord[];
  /** For each record of the log, the event that it contains. */
  readonly events: readonly Chained[];
}

function logOf(events: readonly Chained[]): ForkedLog {
  return { events, records: events.map(({ record }, offset) => ({ ...record, offset })) };
}

/** For each copy of an event, how many positions late it is. An event without copies is lost. */
const copies = fc.oneof(
  { weight: 6, arbitrary: fc.constant([0]) },
  { weight: 3, arbitrary: fc.array(fc.nat(12), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant([]) },
);

/**
 * Generates logs of three histories: two of the account `forking`, which begin alike, and one of the account
 * `other`. Some events of each history are lost, late or repeated.
 */
const forkedLogs = fc
  .record({
    common: fc.integer({ min: 1, max: 4 }),
    old: fc.nat(5),
    restored: fc.nat(8),
    delays: fc.array(copies, { minLength: 24, maxLength: 24 }),
  })
  .map(({ common, old, restored, delays }) => {
    const beginning = continueHistory(forking, [], common);
    const first = continueHistory(forking, beginning, old, 1);
    const second = continueHistory(forking, beginning, restored, 2).slice(common);
    const healthy = continueHistory(other, [], 4);
    const inOrder = [...first, ...second].flatMap((each, at) => [each, ...healthy.slice(at, at + 1)]);
    const placed = inOrder.flatMap((event, at) =>
      (delays[at] ?? [0]).map((late) => ({ event, at: at + late })),
    );
    return logOf(placed.toSorted((a, b) => a.at - b.at).map(({ event }) => event));
  });

interface State extends Position {
  /** The events that the consumer has applied, in order. */
  readonly applied: readonly { readonly hash: string; readonly previous: string | undefined; at: number }[];
}

function start(account: string): State {
  return { account, sequence: 0, applied: [] };
}

function apply({ account, applied }: State, record: EventRecord): State {
  const head = computeHeadAfterEvent(record);
  assert.ok(head !== undefined && record.link !== undefined);
  const { hash, previous } = record.link;
  const at = record.source.offset;
  return { account, sequence: sequenceOf(record), head, applied: [...applied, { hash, previous, at }] };
}

function memberOf(
  positions: PositionStore<State>,
  records: readonly BusRecord[],
  call: RunStoreCall,
  lastDecided?: () => Promise<number>,
) {
  const authenticate = acceptLinkedRecords;
  return createTestGroupMember({ positions, records, call, authenticate, start, apply, lastDecided });
}

async function consume(
  { records }: ForkedLog,
  sizes: readonly number[],
  failing: readonly number[] = [],
): Promise<PositionStore<State>> {
  const positions = createMemoryPositionStore<State>();
  await deliverInSlices(memberOf(positions, records, createFailureInjector(failing)).handle, records, sizes);
  return positions;
}

async function stateOf(positions: PositionStore<State>, account: string): Promise<State> {
  return (await positions.load([account])).get(account) ?? start(account);
}

function assertOneHistory({ applied }: State): void {
  for (const [index, { previous }] of applied.entries()) assert.equal(previous, applied[index - 1]?.hash);
}

/**
 * Returns the events after the last applied event that a consumer must not skip, because they prove that the
 * history has forked. Such an event has the same sequence as the last applied event, but a different hash; or
 * it has the next sequence.
 */
function contradicting({ events }: ForkedLog, { sequence, applied }: State): readonly Chained[] {
  const last = applied.at(-1);
  return events.filter(
    (event, at) =>
      event.record.key?.toString().startsWith(forking) &&
      at > (last?.at ?? -1) &&
      ((event.sequence === sequence && event.hash !== last?.hash) || event.sequence === sequence + 1),
  );
}

const sizes = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });
const failures = fc.array(fc.nat(120), { maxLength: 20 });

describe('an account whose history has forked', () => {
  test('has events of one history applied, and is never continued in silence', async () => {
    let forks = 0;
    await fc.assert(
      fc.asyncProperty(forkedLogs, sizes, failures, async (log, cuts, failing) => {
        const state = await stateOf(await consume(log, cuts, failing), forking);
        assertOneHistory(state);
        if (state.parked?.reason === 'forked') forks += 1;
        if (state.parked === undefined) assert.deepEqual(contradicting(log, state), []);
      }),
      { numRuns: 500 },
    );
    assert.ok(forks > 50, `${forks} forks`);
  });

  test('is the only one that is parked for that', async () => {
    await fc.assert(
      fc.asyncProperty(forkedLogs, sizes, failures, async (log, cuts, failing) => {
        const state = await stateOf(await consume(log, cuts, failing), other);
        assertOneHistory(state);
        assert.ok(state.parked === undefined || state.parked.reason === 'gap');
      }),
      { numRuns: chooseRunCount({ some: 70, all: 200 }) },
    );
  });

  test('stays parked when an operator retries it', async () => {
    await fc.assert(
      fc.asyncProperty(forkedLogs, sizes, async (log, cuts) => {
        const positions = await consume(log, cuts);
        const before = await stateOf(positions, forking);
        fc.pre(before.parked?.reason === 'forked');
        for (const journal of [undefined, async () => before.sequence]) {
          const { retry } = memberOf(positions, log.records, (work) => work(), journal);
          assert.equal((await retry(forking)).result, 'still parked');
          assert.deepEqual(await stateOf(positions, forking), before);
        }
      }),
      { numRuns: chooseRunCount({ some: 70, all: 200 }) },
    );
  });

  test('is parked when the new history reaches the last applied event, and not before', async () => {
    const beginning = continueHistory(forking, [], 2);
    const first = continueHistory(forking, beginning, 3, 1);
    const second = continueHistory(forking, beginning, 4, 2).slice(2);
    for (const [arrived, cause] of [
      [2, undefined],
      [3, 'event 5 differs from the event 5 that was applied: the history has forked'],
    ] as const) {
      const log = logOf([...first, ...second.slice(0, arrived)]);
      const { sequence, parked } = await stateOf(await consume(log, [0]), forking);
      assert.deepEqual([sequence, parked?.reason, parked?.cause], [5, cause && 'forked', cause]);
    }
    const log = logOf([...first.slice(0, 3), ...second.slice(1)]);
    const { sequence, parked } = await stateOf(await consume(log, [9]), forking);
    assert.deepEqual(
      [sequence, parked?.cause],
      [3, 'event 4 does not follow the event 3 that was applied: the history has forked'],
    );
  });

  test('is not noticed without the hash of the last applied event, which the next event brings', async () => {
    const beginning = continueHistory(forking, [], 2);
    const second = continueHistory(forking, beginning, 2, 2);
    const { records } = logOf([...continueHistory(forking, beginning, 1, 1), ...second.slice(2)]);
    const positions = createMemoryPositionStore<State>();
    // Store a position without a hash, as release 0.1 did.
    await positions.save([{ account: forking, sequence: 3, applied: [] }]);
    const { handle } = memberOf(positions, records, (work) => work());
    await handle(records);
    const { parked, head } = await stateOf(positions, forking);
    assert.equal(parked, undefined);
    assert.equal(head, `4:${second[3]?.hash}`);
  });

  test('is not taken for forked if the stored hash is that of another event', async () => {
    const { records } = logOf(continueHistory(forking, [], 3));
    const positions = createMemoryPositionStore<State>();
    const [first] = (await acceptLinkedRecords(records)).records;
    await positions.save([{ account: forking, sequence: 2, head: `1:${first?.link?.hash}`, applied: [] }]);
    await memberOf(positions, records, (work) => work()).handle(records);
    assert.deepEqual((await stateOf(positions, forking)).parked, undefined);
  });
});

test('records without a verified hash are applied as before', async () => {
  const { records } = logOf(continueHistory(forking, [], 2));
  const { changed } = applySlice(new Map(), records.map(decodeRecord), {
    start: (account): Position => ({ account, sequence: 0 }),
    apply: ({ account }, record) => ({ account, sequence: sequenceOf(record) }),
  });
  assert.deepEqual(changed, [{ account: forking, sequence: 2 }]);
});
