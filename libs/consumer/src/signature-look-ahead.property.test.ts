import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import type { BusRecord, LogTail } from '@latchkey/bus';
import {
  ACCOUNTS_TOPIC,
  chainEvent,
  coveredBy,
  type EventProof,
  encode,
  eventSigner,
  type LatchkeyEvent,
  newPersonSalt,
} from '@latchkey/events';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { createRecordAuthenticator } from './authenticate.ts';
import { type EventKeySource, EventKeysUnavailable } from './event-key-source.ts';
import { createTestAccountId } from './testing/history.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const signer = eventSigner({ kid: 'auth', key: privateKey });
const stranger = eventSigner({ kid: 'auth', key: generateKeyPairSync('ed25519').privateKey });

function eventOf(account: string, sequence: number, role: 'user' | 'admin' = 'user'): LatchkeyEvent {
  return {
    id: createTestAccountId(sequence),
    subject: account,
    sequence,
    time: '2026-03-01T12:00:00Z',
    correlationId: 'request-1',
    causationId: 'command-1',
    type: 'RoleChanged',
    data: {
      userId: account,
      role,
      previousRole: 'user',
      changedBy: 'ops',
      locale: 'en',
      person: { email: 'ada@example.com', username: 'ada' },
    },
  };
}

type Unplaced = Pick<BusRecord, 'key' | 'value' | 'headers'>;

interface Written {
  readonly record: Unplaced;
  readonly isForged: boolean;
  /**
   * The record that replaces this record on the log after the consumer has read ahead. Default: the record
   * stays the same.
   */
  readonly later?: { readonly record: Unplaced; readonly isForged: boolean };
}

function recordOf(event: LatchkeyEvent, proof?: EventProof): Unplaced {
  const { key, value, headers } = encode(event, proof ? { proof } : {});
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return { key: Buffer.from(key), value, headers: Object.fromEntries(bytes) };
}

/** Returns the record with different personal data, and with all its headers unchanged. */
function withPerson(record: Unplaced, person: object | null): Unplaced {
  const data: object = JSON.parse(String(record.value));
  return { ...record, value: Buffer.from(JSON.stringify({ ...data, person })) };
}

/** Returns the record that auth publishes after the person was erased. */
function erased(record: Unplaced): Unplaced {
  const { ce_personsalt: _, ...headers } = record.headers;
  return { ...withPerson(record, null), headers };
}

function proofOf(event: LatchkeyEvent, previous: string | undefined, by = signer): EventProof {
  const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
  return { ...entry, signature: by.sign(entry.hash) };
}

/** Returns the genuine events of an account. */
function historyOf(account: string, length: number) {
  const proofs: EventProof[] = [];
  const records: Unplaced[] = [];
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const proof = proofOf(eventOf(account, sequence), proofs.at(-1)?.hash);
    proofs.push(proof);
    records.push(recordOf(eventOf(account, sequence), proof));
  }
  return { proofs, records };
}

type History = ReturnType<typeof historyOf>;

const forgeries: readonly ((account: string, history: History, at: number) => readonly Unplaced[])[] = [
  // A record without a signature.
  (account, _, at) => [recordOf(eventOf(account, at + 1, 'admin'))],
  // A genuine event, followed by two records that were signed with a different key.
  (account, { proofs }, at) => {
    const event = eventOf(account, at + 1, 'admin');
    const proof = proofOf(event, proofs[at - 1]?.hash, stranger);
    const next = eventOf(account, at + 2, 'admin');
    return [recordOf(event, proof), recordOf(next, proofOf(next, proof.hash, stranger))];
  },
  // The proof of a genuine event, in a record with the content of a different event.
  (account, { proofs }, at) => [recordOf(eventOf(account, at + 1, 'admin'), proofs[at])],
  // A forged event, followed by a genuine event whose headers were changed so that it links to the forged
  // event.
  (account, { proofs }, at) => {
    const event = eventOf(account, at, 'admin');
    const proof = proofOf(event, proofs[at - 2]?.hash, stranger);
    const true_ = proofs[at];
    return true_ === undefined
      ? [recordOf(event, proof)]
      : [recordOf(event, proof), recordOf(eventOf(account, at + 1), { ...true_, previous: proof.hash })];
  },
  // A forged event with the signature of a genuine one.
  (account, { proofs }, at) => {
    const event = eventOf(account, at + 1, 'admin');
    const proof = proofOf(event, proofs[at - 1]?.hash, stranger);
    return [recordOf(event, { ...proof, signature: proofs[at]?.signature ?? proof.signature })];
  },
  // An event that was genuine until somebody replaced its personal data.
  (_, { records }, at) =>
    records.slice(at, at + 1).map((each) => withPerson(each, { email: 'eve@example.com' })),
  // An event that was genuine until somebody replaced its personal data and the digest of the personal data.
  (account, { proofs, records }, at) => {
    const proof = proofs[at];
    if (proof === undefined) return [];
    const { person } = proofOf(eventOf(account, at + 1), proofs[at - 1]?.hash);
    const given = recordOf(eventOf(account, at + 1), { ...proof, ...(person && { person }) });
    return records.slice(at, at + 1).map((each) => ({ ...each, headers: given.headers }));
  },
  // A forged event, and the headers of a genuine event that were changed so that it links to the forged one.
  (account, { proofs, records }, at) => {
    const event = eventOf(account, at, 'admin');
    const proof = proofOf(event, proofs[at - 2]?.hash, stranger);
    const linked = records.slice(at, at + 1).map((each) => ({
      ...each,
      headers: { ...each.headers, ce_previoushash: Buffer.from(proof.hash) },
    }));
    return [recordOf(event, proof), ...linked];
  },
];

const plan = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
  forged: fc.array(fc.record({ account: fc.nat(), at: fc.nat(), how: fc.nat() }), { maxLength: 6 }),
  /** The numbers that determine in which order the records of the accounts are mixed. */
  order: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
  repeats: fc.array(fc.nat(), { maxLength: 3 }),
  /** Events whose records are lost, and events whose records are replaced by copies without personal data. */
  lost: fc.array(fc.nat(60), { maxLength: 3 }),
  erased: fc.array(fc.nat(60), { maxLength: 4 }),
  /**
   * Records that differ when they are read after they were read ahead: their personal data is erased, or they
   * are replaced by forged records.
   */
  changed: fc.array(fc.record({ at: fc.nat(60), isForged: fc.boolean() }), { maxLength: 3 }),
  /** The numbers of the slices before which the consumer restarts. */
  restarts: fc.array(fc.nat(20), { maxLength: 2 }),
  /** How many records the log contains at first. The others arrive while the consumer reads the log. */
  atFirst: fc.nat(80),
  slice: fc.integer({ min: 1, max: 9 }),
  records: fc.integer({ min: 2, max: 40 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Mixes the records of several accounts, including the forged records, into one log. */
function logOf({
  lengths,
  forged,
  order,
  repeats,
  lost,
  erased: cleaned,
  changed,
}: Plan): readonly Written[] {
  const queues = lengths.map((length, index) => {
    const account = createTestAccountId(index + 1);
    const history = historyOf(account, length);
    const queue: Written[] = history.records.map((record) => ({ record, isForged: false }));
    for (const { account: whose, at, how } of forged) {
      if (whose % lengths.length !== index) continue;
      const place = at % length;
      const made = forgeries[how % forgeries.length]?.(account, history, Math.max(1, place)) ?? [];
      queue.splice(place, 0, ...made.map((record) => ({ record, isForged: true })));
    }
    return queue;
  });
  const log: Written[] = [];
  for (const [turn, choice] of order.entries()) {
    const left = queues.filter((queue) => queue.length > 0);
    const next = left[choice % Math.max(1, left.length)]?.shift();
    if (next !== undefined) log.push(next);
    if (repeats.includes(turn)) log.push(...log.slice(0, 1));
  }
  const all = [...log, ...queues.flat()]
    .map((each, at) =>
      cleaned.includes(at) && !each.isForged ? { ...each, record: erased(each.record) } : each,
    )
    .filter((_, at) => !lost.includes(at));
  return all.map((each, at) => {
    const change = changed.find((one) => one.at === at);
    if (change === undefined || each.isForged) return each;
    const record = change.isForged
      ? withPerson(each.record, { email: 'eve@example.com' })
      : erased(each.record);
    return { ...each, later: { record, isForged: change.isForged } };
  });
}

function place({ record }: Written, offset: number): BusRecord {
  return { ...record, topic: ACCOUNTS_TOPIC, partition: 0, offset, timestamp: new Date(0) };
}

/** Returns a source of public keys, and counts how often a signature is checked. */
function countedKeys() {
  const key = createPublicKey(privateKey);
  let uses = 0;
  const found = new Map([['auth', key]]);
  found.get = (kid) => {
    uses += 1;
    return kid === 'auth' ? key : undefined;
  };
  const keys: EventKeySource = { find: async () => found, unavailableReason: () => undefined };
  return { keys, uses: () => uses };
}

function tailOf(records: readonly BusRecord[]): LogTail {
  return {
    id: 'memory',
    ranges: async () => [{ partition: 0, start: 0, end: records.length }],
    read: async (_, offset, limit) => records.slice(offset, offset + limit),
    partitionOf: async () => 0,
    grown: async () => undefined,
  };
}

/** How the consumer of a test reads the log. */
interface Reading {
  readonly slice: number;
  /** How many records the consumer reads ahead; undefined to verify each slice separately. */
  readonly ahead: number | undefined;
  readonly restarts?: readonly number[];
  readonly atFirst?: number;
  /** The records of the log at the time when they were read ahead. Default: the same records. */
  readonly before?: readonly BusRecord[];
}

/**
 * Consumes the log in slices.
 * @returns the offsets of the accepted records, and for each forged record its offset and the cause
 */
async function consume(
  records: readonly BusRecord[],
  { slice, ahead, restarts = [], atFirst = records.length, before = records }: Reading,
) {
  const { keys, uses } = countedKeys();
  let written = atFirst;
  const log = { tail: async () => tailOf(before.slice(0, written)) };
  const topics = [ACCOUNTS_TOPIC] as const;
  function start() {
    return createRecordAuthenticator({
      keys,
      policy: 'require',
      topics,
      ...(ahead === undefined ? {} : { ahead: { log, records: ahead, leastBehind: 1 } }),
    });
  }
  let authenticate = start();
  const accepted: number[] = [];
  const forged: (readonly [offset: number, cause: string])[] = [];
  for (let at = 0, index = 0; at < records.length; at += slice, index += 1) {
    if (restarts.includes(index)) authenticate = start();
    // Append some records after the consumer has read ahead and before it reads this slice.
    written = Math.max(written, at + slice) + index;
    const done = await authenticate(records.slice(at, at + slice));
    accepted.push(...done.records.map(({ source }) => source.offset));
    forged.push(...done.forged.map(({ source, cause }) => [source.offset, cause] as const));
  }
  return { accepted, forged, uses: uses() };
}

/** Returns the records of an account with a long history. */
function longLog(length: number): readonly BusRecord[] {
  return historyOf(createTestAccountId(1), length).records.map((record, offset) =>
    place({ record, isForged: false }, offset),
  );
}

function authenticateFrom(tail: LogTail, keys: EventKeySource = countedKeys().keys) {
  const ahead = { log: { tail: async () => tail }, leastBehind: 1 };
  return createRecordAuthenticator({
    keys,
    policy: 'require',
    topics: [ACCOUNTS_TOPIC],
    ahead,
  });
}

describe('a consumer that catches up', () => {
  test('accepts every true event and no forged one, as a consumer that verifies each slice by itself', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (given) => {
        const written = logOf(given);
        const before = written.map(place);
        const now = written.map((each) => ({ ...each, ...each.later }));
        const { slice, restarts, atFirst, records: ahead } = given;
        const { accepted, forged } = await consume(now.map(place), {
          slice,
          ahead,
          restarts,
          atFirst,
          before,
        });
        const offsets = (isForged: boolean) =>
          now.flatMap((each, offset) => (each.isForged === isForged ? [offset] : []));
        assert.deepEqual(accepted, offsets(false));
        const plain = await consume(now.map(place), { slice, ahead: undefined });
        assert.deepEqual({ accepted, forged }, { accepted: plain.accepted, forged: plain.forged });
      }),
      { numRuns: chooseRunCount({ some: 60, all: 200 }) },
    );
  });

  test('checks one signature per account, however the accounts are interleaved', async () => {
    const histories = [1, 2, 3, 4].map((index) => historyOf(createTestAccountId(index), 10).records);
    const records = Array.from({ length: 40 }, (_, turn) => histories[turn % 4]?.[Math.floor(turn / 4)])
      .filter((record) => record !== undefined)
      .map((record, offset) => place({ record, isForged: false }, offset));
    assert.equal((await consume(records, { slice: 5, ahead: 100 })).uses, 4);
    // The consumer reads half of the log ahead at a time, so it verifies two signatures per account.
    assert.equal((await consume(records, { slice: 5, ahead: 20 })).uses, 8);
  });

  test('accepts records that the log has removed since they were fetched', async () => {
    const records = longLog(20);
    const authenticate = authenticateFrom({
      ...tailOf(records),
      ranges: async () => [{ partition: 0, start: 10, end: 20 }],
      read: async () => {
        throw new Error('the offset is out of range');
      },
    });
    const { records: accepted, forged } = await authenticate(records.slice(0, 5));
    assert.equal(accepted.length, 5);
    assert.deepEqual(forged, []);
  });

  test('checks each signature if the log cannot be read again', async () => {
    const records = longLog(20);
    const authenticate = authenticateFrom({
      ...tailOf(records),
      read: async () => {
        throw new Error('no broker responds');
      },
    });
    const { records: accepted, forged } = await authenticate(records.slice(0, 5));
    assert.equal(accepted.length, 5);
    assert.deepEqual(forged, []);
  });

  test('accepts events whose key is known while that of a later event cannot be fetched', async () => {
    const { keys } = countedKeys();
    const account = createTestAccountId(2);
    const later = recordOf(
      eventOf(account, 1),
      proofOf(eventOf(account, 1), undefined, eventSigner({ kid: 'new', key: privateKey })),
    );
    const records = [...longLog(5), place({ record: later, isForged: false }, 5)];
    const authenticate = authenticateFrom(tailOf(records), {
      ...keys,
      find: async (kids) => {
        if (kids.includes('new')) throw new EventKeysUnavailable('the keys cannot be fetched');
        return keys.find(kids);
      },
    });
    assert.equal((await authenticate(records.slice(0, 5))).records.length, 5);
    await assert.rejects(authenticate(records.slice(5)), EventKeysUnavailable);
  });

  test('leaves time for other work while it reads ahead', async () => {
    const tail = tailOf(longLog(1500));
    let reads = 0;
    let readsBefore: number | undefined;
    const authenticate = authenticateFrom({
      ...tail,
      read: (...place) => {
        reads += 1;
        // Stands for other work in the process. Notes how many reads had been made by the time this
        // callback could run.
        if (reads === 1) setImmediate(() => (readsBefore = reads));
        return tail.read(...place);
      },
    });
    await authenticate(await tail.read(0, 0, 5));
    assert.equal(reads, 4);
    assert.equal(readsBefore, 1);
  });

  test('reads nothing ahead at the live end', async () => {
    const { keys, uses } = countedKeys();
    const records = historyOf(createTestAccountId(1), 5).records.map((record, offset) =>
      place({ record, isForged: false }, offset),
    );
    const log = { tail: () => assert.fail('reads ahead') };
    const authenticate = createRecordAuthenticator({
      keys,
      policy: 'require',
      topics: [ACCOUNTS_TOPIC],
      ahead: { log },
    });
    for (const record of records) assert.equal((await authenticate([record])).records.length, 1);
    assert.equal(uses(), 5);
  });
});
