import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SmallSystem, smallSystem } from '../testing/small-system.ts';
import { aMailing, anAccount, recordsOf, withUnpublished } from '../testing/streams.ts';
import { type Conduct, verify } from './verify.ts';

const NOW = new Date('2026-03-02T12:00:00Z');
function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms);
}

function look(system: SmallSystem, conduct: Partial<Conduct> = {}) {
  return verify(system.sources, {
    patienceMs: 0,
    pauseMs: 1,
    recordsAtOnce: 1_000_000,
    mostFindings: 1000,
    now: () => NOW,
    progress: () => undefined,
    ...conduct,
  });
}

async function kinds(system: SmallSystem, conduct: Partial<Conduct> = {}) {
  return (await look(system, conduct)).findings.map(({ kind, subject }) => `${kind} ${subject}`).toSorted();
}

function people() {
  return [anAccount(3), anAccount(5), aMailing(['ada@example.com']), anAccount(1)];
}

describe('a system in which all is well', () => {
  test('agrees, and is counted', async () => {
    const { counts, findings, found, lag } = await look(smallSystem(people()));
    assert.deepEqual([findings, found], [[], 0]);
    assert.deepEqual([counts.accounts, counts.mailings, counts.events, counts.onTopic], [3, 1, 10, 10]);
    assert.deepEqual([counts.profiles, counts.owed, counts.recorded, counts.lookedAgain], [3, 2, 2, 0]);
    assert.deepEqual(lag, { user: 0, notifier: 2 });
  });

  test('agrees in as many passes as its records take', async () => {
    const accounts = Array.from({ length: 40 }, () => anAccount(3));
    const told = new Set<string>();
    const { counts, found } = await look(smallSystem(accounts), {
      recordsAtOnce: 50,
      progress: (what) => told.add(what),
    });
    assert.deepEqual([found, counts.accounts, counts.onTopic, counts.profiles], [0, 40, 120, 40]);
    assert.ok(told.has('pass 3 of 3: records of topics read'), [...told].join());
  });

  test('agrees where nothing has happened yet', async () => {
    assert.equal((await look(smallSystem([]))).found, 0);
  });
});

describe('what is found, by name:', () => {
  test('a profile that lacks a field, is behind, is missing, or is of nobody', async () => {
    const [lacking, behind, missing, ghost] = [anAccount(), anAccount(3), anAccount(), anAccount()];
    const system = smallSystem([lacking, behind, missing]);
    const stored = system.profiles.get(lacking.id);
    const { username: _, ...profile } = { ...stored?.profile } as Record<string, unknown>;
    system.profiles.set(lacking.id, { ...stored, profile } as never);
    const early = smallSystem([{ ...behind, events: behind.events.slice(0, 2) }]).profiles.get(behind.id);
    assert.ok(early);
    system.profiles.set(behind.id, early);
    system.profiles.delete(missing.id);
    const known = smallSystem([ghost]).profiles.get(ghost.id);
    assert.ok(known);
    system.profiles.set(ghost.id, known);

    const { findings } = await look(system);
    assert.deepEqual(
      findings.map(({ kind, subject, says }) => `${kind} ${subject}: ${says}`).toSorted(),
      [
        `profile-behind ${behind.id}: the read model is at 2, the topic at 3`,
        `profile-differs ${lacking.id}: not what its first 3 events say in username`,
        `profile-missing ${missing.id}: the read model lacks it; 3 of its events are on the topic`,
        `profile-unknown ${ghost.id}: in the read model, and not in the journal`,
      ].toSorted(),
    );
  });

  test('a profile that has applied more than there is', async () => {
    const account = anAccount(3);
    const system = smallSystem([account]);
    const shorter = { ...account, events: account.events.slice(0, 2) };
    system.journal.set(account.id, shorter);
    system.records.pop();
    assert.deepEqual(await kinds(system), [`profile-ahead ${account.id}`]);
  });

  test('a parked account, with the place and the cause', async () => {
    const account = anAccount(3);
    const system = smallSystem([account]);
    const stored = system.profiles.get(account.id);
    const parked = { account: account.id, partition: 4, offset: 17, after: 2, cause: 'value is not JSON' };
    assert.ok(stored);
    system.profiles.set(account.id, { ...stored, parked });
    const { findings, counts } = await look(system);
    assert.deepEqual(
      findings.map(({ kind, says }) => [kind, says]),
      [['account-parked', 'parked at partition 4, offset 17: value is not JSON']],
    );
    assert.equal(counts.parked, 1);
  });

  test('an event that is missing on the topic, with its number', async () => {
    const account = anAccount(1);
    const system = smallSystem([account]);
    system.records.length = 0;
    system.profiles.clear();
    const [finding] = (await look(system)).findings;
    assert.deepEqual([finding?.kind, finding?.subject, finding?.sequence], ['event-missing', account.id, 1]);
  });

  test('an account on the topic that the journal does not have', async () => {
    const stranger = anAccount(2);
    const system = smallSystem([anAccount()]);
    system.records.push(...recordsOf(stranger));
    assert.deepEqual(await kinds(system), [`event-unknown ${stranger.id}`, `event-unknown ${stranger.id}`]);
  });

  test('a commit that has waited too long', async () => {
    const account = withUnpublished(anAccount(3), ago(40_000));
    const system = smallSystem([account]);
    const { findings, oldestUnpublished, counts } = await look(system);
    assert.deepEqual(
      findings.map(({ says }) => says),
      ['commit 3 has been unpublished for 40 s'],
    );
    assert.deepEqual([oldestUnpublished, counts.unpublished], [ago(40_000), 1]);
  });

  test('a mail that is owed and not recorded', async () => {
    const account = anAccount(3);
    const system = smallSystem([account, anAccount(3)]);
    const [, verified] = account.events;
    system.deliveries.delete(`${verified?.event.id}/welcome`);
    const { findings, counts } = await look(system);
    assert.deepEqual(
      findings.map(({ kind, subject, sequence }) => [kind, subject, sequence]),
      [['delivery-missing', account.id, 2]],
    );
    assert.deepEqual([counts.owed, counts.recorded], [2, 1]);
  });

  test('a lease that nobody takes over, but of a job', async () => {
    const system = smallSystem([]);
    system.leases.push(
      { of: 'job', name: 'sweep', endedAt: ago(600_000) },
      { of: 'request', name: 'young', endedAt: ago(59_000) },
      { of: 'request', name: 'old', endedAt: ago(61_000) },
    );
    const { findings, counts } = await look(system);
    assert.deepEqual(
      findings.map(({ says }) => says),
      ['the lease of request old has been over for 1 min'],
    );
    assert.equal(counts.leasesOver, 3);
  });
});

describe('a system in use', () => {
  test('agrees where what was on its way has arrived by another look', async () => {
    const [published, projected] = [anAccount(4), anAccount(3)];
    const system = smallSystem([published, projected]);
    const last = system.records.splice(3, 1);
    const profile = system.profiles.get(projected.id);
    system.profiles.delete(projected.id);
    const behind = smallSystem([{ ...published, events: published.events.slice(0, 3) }]).profiles.get(
      published.id,
    );
    const whole = system.profiles.get(published.id);
    assert.ok(profile && behind && whole);
    system.profiles.set(published.id, behind);

    let looks = 0;
    system.onLook(() => {
      looks += 1;
      if (looks === 3) system.records.push(...last);
      if (looks === 4) system.profiles.set(published.id, whole).set(projected.id, profile);
    });
    const { found, counts } = await look(system, { patienceMs: 60_000 });
    assert.deepEqual([found, counts.lookedAgain, counts.onTopic], [0, 2, 7]);
    assert.equal(counts.repeated, 0, 'what was read before is not read again');
    assert.equal(looks, 4, 'one of them to count the records');
  });

  test('may take up an account that the journal did not have at the first look', async () => {
    const system = smallSystem([anAccount()]);
    const late = smallSystem([anAccount(2)]);
    const [stream] = late.journal.values();
    assert.ok(stream);
    const profile = late.profiles.get(stream.id);
    assert.ok(profile);
    system.profiles.set(stream.id, profile);
    let looks = 0;
    system.onLook(() => {
      looks += 1;
      if (looks !== 3) return;
      system.journal.set(stream.id, stream);
      system.records.push(...recordsOf(stream));
      for (const id of late.deliveries) system.deliveries.add(id);
    });
    const { found, counts } = await look(system, { patienceMs: 60_000 });
    assert.deepEqual([found, counts.accounts], [0, 2]);
  });

  test('is given up once patience ends, and what agrees by then is left out', async () => {
    const [sound, faulty] = [anAccount(), anAccount()];
    const system = smallSystem([sound, faulty]);
    system.profiles.delete(faulty.id);
    assert.deepEqual(await kinds(system, { patienceMs: 20 }), [`profile-missing ${faulty.id}`]);
  });
});

test('findings beyond a number are counted alone', async () => {
  const system = smallSystem(Array.from({ length: 9 }, () => anAccount(2)));
  system.profiles.clear();
  const { findings, found } = await look(system, { mostFindings: 4 });
  assert.deepEqual([findings.length, found], [4, 9]);
});
