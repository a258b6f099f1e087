import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { BusRecord } from '@latchkey/bus';
import { createInMemorySystem, type InMemorySystem } from './testing/in-memory-system.ts';
import {
  createAccountStream,
  createForgedEvent,
  createMailingStream,
  createRecordOfEvent,
  createRecordsOfStream,
  untrustedSigner,
  withLastEventUnpublished,
} from './testing/streams.ts';
import { type VerifyOptions, verifySystem } from './verify.ts';

const NOW = new Date('2026-03-02T12:00:00Z');
function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms);
}

function verifyNow(system: InMemorySystem, options: Partial<VerifyOptions> = {}) {
  return verifySystem(system.sources, {
    patienceMs: 0,
    pauseMs: 1,
    maxRecords: 1_000_000,
    maxFindings: 1000,
    now: () => NOW,
    onProgress: () => undefined,
    ...options,
  });
}

/** Returns the headers of a record that prove that auth has published it. */
function proofOf({ headers }: BusRecord): BusRecord['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^ce_(hash|previoushash|person|signature)/.test(name)),
  );
}

async function kinds(system: InMemorySystem, options: Partial<VerifyOptions> = {}) {
  return (await verifyNow(system, options)).findings
    .map(({ kind, subject }) => `${kind} ${subject}`)
    .toSorted();
}

function accounts() {
  return [
    createAccountStream(3),
    createAccountStream(5),
    createMailingStream(['ada@example.com']),
    createAccountStream(1),
  ];
}

describe('a sound system', () => {
  test('agrees, and is counted', async () => {
    const { counts, findings, found, lag } = await verifyNow(createInMemorySystem(accounts()));
    assert.deepEqual([findings, found], [[], 0]);
    assert.deepEqual([counts.accounts, counts.mailings, counts.events, counts.onTopic], [3, 1, 10, 10]);
    assert.deepEqual([counts.profiles, counts.owed, counts.recorded, counts.rechecked], [3, 2, 2, 0]);
    assert.deepEqual(lag, { user: 0, notifier: 2 });
  });

  test('agrees in several passes if there are too many records for one', async () => {
    const accounts = Array.from({ length: 40 }, () => createAccountStream(3));
    const progress = new Set<string>();
    const { counts, found } = await verifyNow(createInMemorySystem(accounts), {
      maxRecords: 50,
      onProgress: (what) => progress.add(what),
    });
    assert.deepEqual([found, counts.accounts, counts.onTopic, counts.profiles], [0, 40, 120, 40]);
    assert.ok(progress.has('pass 3 of 3: records of topics read'), [...progress].join());
  });

  test('is compared in parts, between which the event loop runs', async () => {
    const system = createInMemorySystem([
      createAccountStream(400),
      ...Array.from({ length: 100 }, () => createAccountStream(3)),
    ]);
    let turns = 0;
    const counting = new AbortController();
    const counted = (async () => {
      for (; !counting.signal.aborted; turns += 1) await setImmediate();
    })();
    const read = system.sources.log.read;
    const log: typeof system.sources.log = {
      ...system.sources.log,
      // Yields all records of a partition in one batch.
      async *read(topic, range) {
        const records: BusRecord[] = [];
        for await (const batch of read(topic, range)) records.push(...batch);
        turns = 0;
        yield records;
        if (records.length >= 200) assert.ok(turns >= 2, `${turns} turns for ${records.length} records`);
      },
    };
    const { found } = await verifyNow({ ...system, sources: { ...system.sources, log } });
    counting.abort();
    await counted;
    assert.equal(found, 0);
  });

  test('agrees while it is empty', async () => {
    assert.equal((await verifyNow(createInMemorySystem([]))).found, 0);
  });
});

describe('a finding names', () => {
  test('an event that consumers set aside: unsigned, with the hash of another, or signed by another key', async () => {
    const account = createAccountStream(3);
    const { event, chain } = account.events[1] ?? assert.fail();
    const [first, second, third] = createRecordsOfStream(account);
    assert.ok(first && second && third && chain);
    const found = async (...records: readonly BusRecord[]) => {
      const system = createInMemorySystem([account]);
      system.records.splice(0, 3, ...records);
      return (await verifyNow(system)).findings.map(({ kind, message }) => `${kind}: ${message}`);
    };
    const unsigned = createRecordOfEvent(event);
    const borrowed = { ...second, headers: { ...unsigned.headers, ...proofOf(third) } };
    const says =
      'event-unsigned: event 2 (AccountVerified) is on accounts.events.v1 without a valid signature';
    for (const other of [unsigned, borrowed]) {
      assert.deepEqual(await found(first, other, third), [says]);
      // If a genuine record of the event comes later on the topic, nothing is reported.
      assert.deepEqual(await found(first, other, third, second), []);
    }
    // Only the signature of the second event is invalid. Nothing is reported, because the valid signature of
    // the third event covers the second one, too.
    assert.deepEqual(await found(first, createRecordOfEvent(event, 1, chain, untrustedSigner), third), []);
    const ofStranger = account.events.map((one, offset) =>
      createRecordOfEvent(one.event, offset, one.chain, untrustedSigner),
    );
    assert.deepEqual(await found(...ofStranger), [
      'event-unsigned: event 1 (UserRegistered), and 2 more, is on accounts.events.v1 without a valid signature',
    ]);
    assert.deepEqual(await found(first, second, ...ofStranger.slice(2)), [
      'event-unsigned: event 3 (ProfileChanged) is on accounts.events.v1 without a valid signature',
    ]);
  });

  test('an event that compaction has removed because of a record with its key', async () => {
    const account = createAccountStream(3);
    const [first, second, third] = createRecordsOfStream(account);
    const { event } = account.events[1] ?? assert.fail();
    assert.ok(first && second && third);
    const found = async (...records: readonly BusRecord[]) => {
      const system = createInMemorySystem([account]);
      system.records.splice(0, 3, ...records);
      return (await verifyNow(system)).findings.map(({ kind, sequence }) => `${kind} ${sequence}`);
    };
    const empty = { ...second, value: null, headers: {} };
    const anotherEvent = { ...first, key: second.key };
    for (const intruder of [empty, anotherEvent]) {
      assert.deepEqual(await found(first, intruder, third), ['event-missing 2']);
      // If the genuine event and all later events come again on the topic, nothing is reported.
      assert.deepEqual(await found(first, intruder, third, second, third), []);
    }
    assert.deepEqual(
      (await found(first, createRecordOfEvent(createForgedEvent(event)), third))[0],
      'event-differs 2',
    );
  });

  test('a record that took the place of an event, although consumers skip it', async () => {
    const account = createAccountStream(3);
    const [first, second, third] = createRecordsOfStream(account);
    const { event } = account.events[1] ?? assert.fail();
    assert.ok(first && second && third);
    const system = createInMemorySystem([account]);
    system.records.splice(0, 3, first, createRecordOfEvent(createForgedEvent(event)), second, third);
    assert.deepEqual(
      (await verifyNow(system)).findings.map(({ message }) => message),
      ['accounts.events.v1 also has a different event 2'],
    );
  });

  test('a profile that lacks a field, is behind, is missing, or has no account', async () => {
    const [lacking, behind, missing, ghost] = [
      createAccountStream(),
      createAccountStream(3),
      createAccountStream(),
      createAccountStream(),
    ];
    const system = createInMemorySystem([lacking, behind, missing]);
    const stored = system.profiles.get(lacking.id);
    assert.ok(stored?.profile);
    const { username: _, ...profile } = stored.profile;
    system.profiles.set(lacking.id, { profile });
    const early = createInMemorySystem([{ ...behind, events: behind.events.slice(0, 2) }]).profiles.get(
      behind.id,
    );
    assert.ok(early);
    system.profiles.set(behind.id, early);
    system.profiles.delete(missing.id);
    const known = createInMemorySystem([ghost]).profiles.get(ghost.id);
    assert.ok(known);
    system.profiles.set(ghost.id, known);

    const { findings } = await verifyNow(system);
    assert.deepEqual(
      findings.map(({ kind, subject, message }) => `${kind} ${subject}: ${message}`).toSorted(),
      [
        `profile-behind ${behind.id}: the read model is at 2, the topic at 3`,
        `profile-differs ${lacking.id}: differs from what its first 3 events produce, in username`,
        `profile-missing ${missing.id}: the read model lacks it; 3 of its events are on the topic`,
        `profile-unknown ${ghost.id}: in the read model, but not in the journal`,
      ].toSorted(),
    );
  });

  test('a profile that has applied more events than there are', async () => {
    const account = createAccountStream(3);
    const system = createInMemorySystem([account]);
    const shorter = { ...account, events: account.events.slice(0, 2) };
    system.journal.set(account.id, shorter);
    system.records.pop();
    assert.deepEqual(await kinds(system), [`profile-ahead ${account.id}`]);
  });

  test('a parked account, with the place and the cause', async () => {
    const account = createAccountStream(3);
    const system = createInMemorySystem([account]);
    const stored = system.profiles.get(account.id);
    const parked = { partition: 4, offset: 17, cause: 'value is not JSON' };
    assert.ok(stored);
    system.profiles.set(account.id, { ...stored, parked });
    const { findings, counts } = await verifyNow(system);
    assert.deepEqual(
      findings.map(({ kind, message }) => [kind, message]),
      [['account-parked', 'parked at partition 4, offset 17: value is not JSON']],
    );
    assert.equal(counts.parked, 1);
  });

  test('an event that is missing on the topic, with its sequence', async () => {
    const account = createAccountStream(1);
    const system = createInMemorySystem([account]);
    system.records.length = 0;
    system.profiles.clear();
    const [finding] = (await verifyNow(system)).findings;
    assert.deepEqual([finding?.kind, finding?.subject, finding?.sequence], ['event-missing', account.id, 1]);
  });

  test('an account on the topic that the journal does not have', async () => {
    const stranger = createAccountStream(2);
    const system = createInMemorySystem([createAccountStream()]);
    system.records.push(...createRecordsOfStream(stranger));
    assert.deepEqual(await kinds(system), [`event-unknown ${stranger.id}`, `event-unknown ${stranger.id}`]);
  });

  test('a commit that has been unpublished for too long', async () => {
    const account = withLastEventUnpublished(createAccountStream(3), ago(40_000));
    const system = createInMemorySystem([account]);
    const { findings, oldestUnpublished, counts } = await verifyNow(system);
    assert.deepEqual(
      findings.map(({ message }) => message),
      ['commit 3 has been unpublished for 40 s'],
    );
    assert.deepEqual([oldestUnpublished, counts.unpublished], [ago(40_000), 1]);
  });

  test('a mail that an event calls for and that is not recorded', async () => {
    const account = createAccountStream(3);
    const system = createInMemorySystem([account, createAccountStream(3)]);
    const [, verified] = account.events;
    system.deliveries.delete(`${verified?.event.id}/welcome`);
    const { findings, counts } = await verifyNow(system);
    assert.deepEqual(
      findings.map(({ kind, subject, sequence }) => [kind, subject, sequence]),
      [['delivery-missing', account.id, 2]],
    );
    assert.deepEqual([counts.owed, counts.recorded], [2, 1]);
  });

  test('an abandoned lease, unless it is of a job', async () => {
    const system = createInMemorySystem([]);
    system.leases.push(
      { of: 'job', name: 'sweep', endedAt: ago(600_000) },
      { of: 'request', name: 'young', endedAt: ago(59_000) },
      { of: 'request', name: 'old', endedAt: ago(61_000) },
    );
    const { findings, counts } = await verifyNow(system);
    assert.deepEqual(
      findings.map(({ message }) => message),
      ['the lease of request old expired 1 min ago'],
    );
    assert.equal(counts.expiredLeases, 3);
  });

  test('a compacted topic with records of release 0.1, whose keys several events share', async () => {
    const account = createAccountStream(3);
    const system = createInMemorySystem([account, createAccountStream(2)]);
    const sources = { ...system.sources, isCompacted: async () => true };
    assert.deepEqual(await kinds({ ...system, sources }), []);
    const at = system.records.findIndex(({ key }) => String(key) === `${account.id}/1`);
    const [first] = system.records.splice(at, 1);
    assert.ok(first);
    system.records.unshift({ ...first, key: Buffer.from(account.id) });
    assert.deepEqual(await kinds(system), []);
    const { findings } = await verifyNow({ ...system, sources });
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['topic-compacted'],
    );
  });

  test('a generation of the read model that was dropped but is still stored', async () => {
    const system = createInMemorySystem([]);
    system.leftovers.push(2);
    const { findings } = await verifyNow(system);
    assert.deepEqual(findings, [
      {
        kind: 'generation-leftover',
        message: 'generation 2 of the read model was dropped, but is still stored',
      },
    ]);
    let looks = 0;
    async function leftoverGenerations() {
      looks += 1;
      return looks < 3 ? [2] : [];
    }
    const sources = { ...system.sources, leftoverGenerations };
    const removed = await verifyNow({ ...system, sources }, { patienceMs: 60_000 });
    assert.deepEqual([removed.found, looks], [0, 3]);
  });

  test('a position that the topic no longer has', async () => {
    const system = createInMemorySystem([]);
    system.lostPositions.push('Group user was at offset 5 of a 0.');
    const { findings } = await verifyNow(system);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['position-out-of-range', 'position-out-of-range'],
    );
  });
});

describe('a system in use', () => {
  test('agrees once what was in flight has arrived', async () => {
    const [published, projected] = [createAccountStream(4), createAccountStream(3)];
    const system = createInMemorySystem([published, projected]);
    const last = system.records.splice(3, 1);
    const profile = system.profiles.get(projected.id);
    system.profiles.delete(projected.id);
    const behind = createInMemorySystem([
      { ...published, events: published.events.slice(0, 3) },
    ]).profiles.get(published.id);
    const whole = system.profiles.get(published.id);
    assert.ok(profile && behind && whole);
    system.profiles.set(published.id, behind);

    let reads = 0;
    system.beforeEachRead(() => {
      reads += 1;
      if (reads === 3) system.records.push(...last);
      if (reads === 4) system.profiles.set(published.id, whole).set(projected.id, profile);
    });
    const { found, counts } = await verifyNow(system, { patienceMs: 60_000 });
    assert.deepEqual([found, counts.rechecked, counts.onTopic], [0, 2, 7]);
    assert.equal(counts.repeated, 0, 'no record is read twice');
    assert.equal(reads, 4, 'the first one counts the records');
  });

  test('may gain an account while it is compared', async () => {
    const system = createInMemorySystem([createAccountStream()]);
    const late = createInMemorySystem([createAccountStream(2)]);
    const [stream] = late.journal.values();
    assert.ok(stream);
    const profile = late.profiles.get(stream.id);
    assert.ok(profile);
    system.profiles.set(stream.id, profile);
    let reads = 0;
    system.beforeEachRead(() => {
      reads += 1;
      if (reads !== 3) return;
      system.journal.set(stream.id, stream);
      system.records.push(...createRecordsOfStream(stream));
      for (const id of late.deliveries) system.deliveries.add(id);
    });
    const { found, counts } = await verifyNow(system, { patienceMs: 60_000 });
    assert.deepEqual([found, counts.accounts], [0, 2]);
  });

  test('is compared until the timeout, and only remaining differences are reported', async () => {
    const [sound, faulty] = [createAccountStream(), createAccountStream()];
    const system = createInMemorySystem([sound, faulty]);
    system.profiles.delete(faulty.id);
    assert.deepEqual(await kinds(system, { patienceMs: 20 }), [`profile-missing ${faulty.id}`]);
  });
});

test('findings beyond the maximum are only counted', async () => {
  const system = createInMemorySystem(Array.from({ length: 9 }, () => createAccountStream(2)));
  system.profiles.clear();
  const { findings, found } = await verifyNow(system, { maxFindings: 4 });
  assert.deepEqual([findings.length, found], [4, 9]);
});
