import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import {
  ACCOUNTS_TOPIC,
  chainEvent,
  coveredBy,
  DELIVERIES_TOPIC,
  type EventProof,
  encode,
  eventSigner,
  heartbeatKey,
  type LatchkeyEvent,
  MAILINGS_TOPIC,
  newPersonSalt,
} from '@latchkey/events';
import {
  createGenuineRecordFilter,
  createRecordAuthenticator,
  type SignaturePolicy,
  UNSIGNED_RECORD_CAUSE,
} from './authenticate.ts';
import { type EventKeySource, EventKeysUnavailable } from './event-key-source.ts';
import { isEventRecord, sequenceOf } from './records.ts';
import { createTestAccountId, createUnreadableTestRecord } from './testing/history.ts';
import { createVerifiedProofCache } from './verified-proofs.ts';

const pair = generateKeyPairSync('ed25519');
const signer = eventSigner({ kid: 'auth', key: pair.privateKey });
const stranger = eventSigner({ kid: 'auth', key: generateKeyPairSync('ed25519').privateKey });
const ADA = createTestAccountId(1);

/** Returns a source of public keys, and counts how often a key was used. */
function countedKeys() {
  let uses = 0;
  const found = new Map([['auth', createPublicKey(pair.privateKey)]]);
  const get = found.get.bind(found);
  found.get = (kid) => {
    uses += 1;
    return get(kid);
  };
  const keys: EventKeySource = { find: async () => found, unavailableReason: () => undefined };
  return { keys, uses: () => uses };
}

function eventOf(sequence: number, account = ADA): LatchkeyEvent {
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
      role: 'admin',
      previousRole: 'user',
      changedBy: 'ops',
      locale: 'en',
      person: null,
    },
  };
}

function recordOf(event: LatchkeyEvent, proof?: EventProof): BusRecord {
  const { value, headers } = encode(event, proof ? { proof } : {});
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    ...createUnreadableTestRecord(event.subject, event.sequence),
    topic: ACCOUNTS_TOPIC,
    value,
    headers: Object.fromEntries(bytes),
  };
}

function proofOf(event: LatchkeyEvent, previous: string | undefined, by = signer): EventProof {
  const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
  return { ...entry, signature: by.sign(entry.hash) };
}

/** Returns the records of an account's events with the sequences 1 to `count`. */
function history(count: number, account = ADA) {
  const records: BusRecord[] = [];
  let previous: string | undefined;
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const proof = proofOf(eventOf(sequence, account), previous);
    records.push(recordOf(eventOf(sequence, account), proof));
    previous = proof.hash;
  }
  return { records, head: previous };
}

async function authenticated(records: readonly BusRecord[], policy: SignaturePolicy = 'require') {
  const { keys, uses } = countedKeys();
  const slice = await createRecordAuthenticator({ keys, policy, topics: [ACCOUNTS_TOPIC] })(records);
  return {
    sequences: slice.records.map((record) =>
      isEventRecord(record) ? sequenceOf(record) : record.decoded.kind,
    ),
    causes: slice.forged.map(({ cause }) => cause),
    checked: uses(),
  };
}

describe('authentication', () => {
  test('takes keys of both forms, and leaves heartbeats out', async () => {
    const { records } = history(2);
    const [first, second] = records.map((record, index) => ({
      ...record,
      key: Buffer.from(`${ADA}/${index + 1}`),
    }));
    const heartbeat = {
      ...createUnreadableTestRecord(ADA, 9),
      key: Buffer.from(heartbeatKey(ADA)),
      value: null,
    };
    assert.ok(first && second);
    const slice = await authenticated([first, heartbeat, second, ...records, heartbeat]);
    assert.deepEqual([slice.sequences, slice.causes], [[1, 2, 1, 2], []]);
  });

  test('refuses a genuine event under the key of another one, and an empty record under the key of an event', async () => {
    const { records } = history(2);
    const under = records.map((record) => ({ ...record, key: Buffer.from(`${ADA}/7`) }));
    const empty = { ...createUnreadableTestRecord(ADA), key: Buffer.from(`${ADA}/1`), value: null };
    const slice = await authenticated([...under, empty]);
    assert.deepEqual(slice.sequences, []);
    assert.equal(slice.causes.length, 3);
  });

  test('checks one signature per run of linked events', async () => {
    const [ada, ben] = [history(5), history(3, createTestAccountId(2))];
    assert.deepEqual(await authenticated([...ada.records, ...ben.records]), {
      sequences: [1, 2, 3, 4, 5, 1, 2, 3],
      causes: [],
      checked: 2,
    });
  });

  /**
   * Returns whether records are authenticated within one turn of the event loop. If so, no other thread has
   * verified a signature.
   */
  async function isDoneInOneTurn(records: readonly BusRecord[]): Promise<boolean> {
    let isDone = false;
    const done = authenticated(records).then(() => {
      isDone = true;
    });
    // Microtasks run in the same turn of the event loop. The result of another thread can arrive only in a
    // later turn.
    for (let microtask = 0; microtask < 1000; microtask += 1) await undefined;
    const wasDone = isDone;
    await done;
    return wasDone;
  }

  test('verifies a single signature at once, and several signatures on other threads', async () => {
    const [ada, ben] = [history(2), history(1, createTestAccountId(2))];
    assert.ok(await isDoneInOneTurn(ada.records));
    assert.ok(!(await isDoneInOneTurn([...ada.records, ...ben.records])));
  });

  test('verifies a run of forged events on other threads, because each of them needs its own verification', async () => {
    const first = proofOf(eventOf(1), undefined, stranger);
    const second = proofOf(eventOf(2), first.hash, stranger);
    assert.ok(!(await isDoneInOneTurn([recordOf(eventOf(1), first), recordOf(eventOf(2), second)])));
  });

  test('refuses records that are unsigned, signed by another key, or do not match their hash', async () => {
    const { records, head } = history(2);
    const next = eventOf(3);
    const unknown = eventSigner({ kid: 'other', key: pair.privateKey });
    const signed = proofOf(next, head);
    const changed = { ...eventOf(3), time: '2026-03-02T12:00:00Z' };
    const forged = [
      recordOf(next),
      recordOf(next, proofOf(next, head, stranger)),
      recordOf(next, proofOf(next, head, unknown)),
      recordOf(changed, signed),
      createUnreadableTestRecord(ADA),
    ];
    const { sequences, causes } = await authenticated([...records, ...forged, recordOf(next, signed)]);
    assert.deepEqual(sequences, [1, 2, 3]);
    assert.deepEqual(causes, [
      UNSIGNED_RECORD_CAUSE,
      'its signature is not valid',
      'it is signed by an unknown key',
      'its content does not match its hash',
      UNSIGNED_RECORD_CAUSE,
    ]);
  });

  test('rejects while the key of a record may become known, and returns the time of the newest such record', async () => {
    const times: (Date | undefined)[] = [];
    const keys: EventKeySource = {
      async find(_, newest) {
        times.push(newest);
        throw new EventKeysUnavailable('not yet');
      },
      unavailableReason: () => undefined,
    };
    const dated = history(3).records.map((record, index) => ({
      ...record,
      timestamp: new Date(index * 1000),
    }));
    const unsigned = { ...recordOf(eventOf(4)), timestamp: new Date(9000) };
    const authenticate = createRecordAuthenticator({ keys, policy: 'require', topics: [ACCOUNTS_TOPIC] });
    await assert.rejects(authenticate([...dated.toReversed(), unsigned]), EventKeysUnavailable);
    assert.deepEqual(times, [new Date(2000)]);
  });

  test('returns the time of the newest verified event, and of no other record', async () => {
    const times: Date[] = [];
    const { keys } = countedKeys();
    for (const policy of ['require', 'warn'] as const) {
      const authenticate = createRecordAuthenticator({
        keys,
        policy,
        topics: [ACCOUNTS_TOPIC],
        onVerified: (newest) => void times.push(newest),
      });
      const { records, head } = history(2);
      const later = { ...eventOf(3), time: '2036-03-01T12:00:00Z' };
      await authenticate([recordOf(later), createUnreadableTestRecord(ADA)]);
      await authenticate([...records, recordOf(later, proofOf(later, head, stranger))]);
    }
    assert.deepEqual(times, Array(2).fill(new Date('2026-03-01T12:00:00Z')));
  });

  test('a forged event does not verify the events before it', async () => {
    const one = eventOf(1);
    const first = proofOf(one, undefined, stranger);
    const second = proofOf(eventOf(2), first.hash, stranger);
    const { sequences, causes } = await authenticated([recordOf(one, first), recordOf(eventOf(2), second)]);
    assert.deepEqual([sequences, causes.length], [[], 2]);
  });

  test('accepts repeated records, and one without a usable key is no forgery', async () => {
    const { records } = history(2);
    const nameless = { ...createUnreadableTestRecord(ADA), key: Buffer.from('nobody') };
    const { sequences, causes } = await authenticated([...records, ...records, nameless]);
    assert.deepEqual(sequences, [1, 2, 1, 2, 'unusable']);
    assert.deepEqual(causes, []);
  });

  test('accepts no record that a reader could mistake for an event of auth, whatever its key', async () => {
    const { keys } = countedKeys();
    const filter = createGenuineRecordFilter(
      createRecordAuthenticator({ keys, policy: 'require', topics: [ACCOUNTS_TOPIC] }),
    );
    const { records } = history(1);
    const forgeries = ['nobody', `${ADA}/x`, '', ADA].map((key) => ({
      ...recordOf(eventOf(2)),
      key: Buffer.from(key),
    }));
    assert.deepEqual(
      await filter([...records, ...forgeries, { ...recordOf(eventOf(2)), key: null }]),
      records,
    );
  });

  test('refuses a genuine event that was copied to another topic', async () => {
    const { keys } = countedKeys();
    const authenticate = createRecordAuthenticator({ keys, policy: 'require', topics: [MAILINGS_TOPIC] });
    const { forged } = await authenticate(history(1).records);
    assert.deepEqual(
      forged.map(({ cause }) => cause),
      ['it belongs on another topic'],
    );
  });

  describe('on the topic of deliveries, which has no signatures', () => {
    const DELIVERY = 'b3d5a5a0-6f0e-5d3c-8a52-3c1f5a0e9b17';
    const { keys } = countedKeys();
    const authenticate = createRecordAuthenticator({
      keys,
      policy: 'require',
      topics: [ACCOUNTS_TOPIC, DELIVERIES_TOPIC],
      unsigned: ['deliveries'],
    });

    function bounceOf(deliveryId: string): LatchkeyEvent {
      const cause = { subject: ADA, eventId: createTestAccountId(7) };
      const data = { deliveryId, mail: 'verify-email', cause, person: null } as const;
      return { ...eventOf(1, deliveryId), type: 'MailBounced', data };
    }

    async function causesOf(record: BusRecord): Promise<readonly string[]> {
      const { records, forged } = await authenticate([{ ...record, topic: 'deliveries' }]);
      assert.equal(records.length + forged.length, 1);
      return forged.map(({ cause }) => cause);
    }

    test('accepts a report about a mail', async () => {
      assert.deepEqual(await causesOf(recordOf(bounceOf(DELIVERY))), []);
    });

    test('refuses an event that belongs on another topic, even one that auth has signed', async () => {
      const [genuine] = history(1).records;
      assert.ok(genuine);
      for (const record of [recordOf(eventOf(1)), recordOf(eventOf(1, DELIVERY)), genuine])
        assert.deepEqual(await causesOf(record), ['it belongs on another topic']);
    });

    test('refuses every record with the id of an account in its key, which would change the account’s position', async () => {
      const report = recordOf(bounceOf(ADA));
      const ofLaterRelease = { ...report.headers, ce_type: Buffer.from('MailRead') };
      for (const record of [report, { ...report, headers: ofLaterRelease }, createUnreadableTestRecord(ADA)])
        assert.deepEqual(await causesOf(record), ['its key is not the id of a delivery']);
      assert.deepEqual(await causesOf(createUnreadableTestRecord(DELIVERY)), []);
    });

    test('leaves a record without a usable key to the consumer', async () => {
      assert.deepEqual(await causesOf({ ...recordOf(bounceOf(DELIVERY)), key: Buffer.from('nobody') }), []);
    });
  });

  test('only reports with the policy warn', async () => {
    const { sequences, causes } = await authenticated([recordOf(eventOf(1))], 'warn');
    assert.deepEqual([sequences, causes], [[1], [UNSIGNED_RECORD_CAUSE]]);
  });

  test('rejects while the keys are unavailable', async () => {
    const away: EventKeySource = {
      find: () => Promise.reject(new Error('no keys')),
      unavailableReason: () => 'away',
    };
    await assert.rejects(
      createRecordAuthenticator({ keys: away, policy: 'warn', topics: [ACCOUNTS_TOPIC] })(history(1).records),
      /no keys/,
    );
  });
});

describe('consumers that share verified proofs', () => {
  function shareProofs(max?: number) {
    const shared = createVerifiedProofCache(max);
    const { keys, uses } = countedKeys();
    const options = { policy: 'require', topics: [ACCOUNTS_TOPIC], shared } as const;
    return { first: createRecordAuthenticator({ keys, ...options }), options, keys, uses };
  }

  test('verify each signature once', async () => {
    const { first, options, keys, uses } = shareProofs();
    const { records } = history(3);
    await first(records);
    assert.equal(uses(), 1);
    for (const each of [records, records.slice(1), records.slice(0, 2)])
      assert.deepEqual((await createRecordAuthenticator({ keys, ...options })(each)).forged, []);
    assert.equal(uses(), 1);
  });

  test('accept no event of a key that was withdrawn', async () => {
    const { first, options } = shareProofs();
    const { records } = history(1);
    await first(records);
    const none: EventKeySource = { find: async () => new Map(), unavailableReason: () => undefined };
    const { forged } = await createRecordAuthenticator({ keys: none, ...options })(records);
    assert.deepEqual(
      forged.map(({ cause }) => cause),
      ['it is signed by an unknown key'],
    );
  });

  test('accept no earlier event either, whatever key its own signature names', async () => {
    const { first, options, keys } = shareProofs();
    const one = proofOf(eventOf(1), undefined);
    // The signature of the first event names the key `other`, which is still valid when `auth` is withdrawn.
    // But the first event was accepted because of the signature of the second event, which covers the first
    // event and was verified with `auth`.
    const signature = one.signature.replace('auth.', 'other.') as EventProof['signature'];
    const records = [
      recordOf(eventOf(1), { ...one, signature }),
      recordOf(eventOf(2), proofOf(eventOf(2), one.hash)),
    ];
    assert.deepEqual((await first(records)).forged, []);
    const other = createPublicKey(generateKeyPairSync('ed25519').privateKey);
    const withdrawn: EventKeySource = { ...keys, find: async () => new Map([['other', other]]) };
    const { forged } = await createRecordAuthenticator({ keys: withdrawn, ...options })(records);
    assert.equal(forged.length, 2);
  });

  test('refuse a copy of a verified event that has another signature', async () => {
    const { first, options, keys } = shareProofs();
    const proof = proofOf(eventOf(1), undefined);
    await first([recordOf(eventOf(1), proof)]);
    const copy = recordOf(eventOf(1), { ...proof, signature: stranger.sign(proof.hash) });
    const { forged } = await createRecordAuthenticator({ keys, ...options })([copy]);
    assert.deepEqual(
      forged.map(({ cause }) => cause),
      ['its signature is not valid'],
    );
  });

  test('never remember an event that did not verify', async () => {
    const { first, options, keys } = shareProofs();
    const forgery = recordOf(eventOf(1), proofOf(eventOf(1), undefined, stranger));
    await first([forgery]);
    const { forged } = await createRecordAuthenticator({ keys, ...options })([forgery]);
    assert.equal(forged.length, 1);
  });

  test('forget the oldest proofs', async () => {
    const { first, uses } = shareProofs(2);
    const [ada, ben] = [history(2), history(1, createTestAccountId(2))];
    await first(ada.records);
    await first(ben.records);
    await first(ben.records);
    assert.equal(uses(), 2);
    await first(ada.records);
    assert.equal(uses(), 3);
  });
});
