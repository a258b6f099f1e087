/** Creates small valid commits for tests. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type EventSigner, eventSigner } from '@latchkey/events';
import { z } from 'zod';
import { computeChainEntries } from '../../streams/chain-stream.ts';
import { type Commit, type Journal, type RecordedFact, UnreadableCommit } from '../journal.ts';
import type { Outbox } from '../outbox.ts';

/** Returns an instant that is `second` seconds after a fixed time. */
export function createTestInstant(second: number): string {
  return new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
}

export function createSessionsRevokedFact(userId: string, time = createTestInstant(0)): RecordedFact {
  return {
    id: randomUUID(),
    time,
    version: 1,
    type: 'SessionsRevoked',
    data: { userId, reason: 'logout-all' },
  };
}

export function createRoleChangedFact(userId: string, time = createTestInstant(0)): RecordedFact {
  return {
    id: randomUUID(),
    time,
    version: 1,
    type: 'RoleChanged',
    data: {
      userId,
      role: 'admin',
      previousRole: 'user',
      changedBy: 'ops',
      locale: 'en',
      person: { email: 'ada@example.com', username: '"type":"RoleChanged"' },
    },
  };
}

export function createUserRegisteredFact(
  userId: string,
  address: string,
  time = createTestInstant(0),
): RecordedFact {
  return {
    id: randomUUID(),
    time,
    version: 1,
    type: 'UserRegistered',
    data: { userId, role: 'user', locale: 'en', person: { email: address, username: 'ada' } },
    private: {
      address,
      passwordHash: 'a hash of a password',
      link: { hash: 'a hash of a link', expiresAt: time },
    },
  };
}

export function createMailRequestedFact(mailingId: string, time = createTestInstant(0)): RecordedFact {
  return {
    id: randomUUID(),
    time,
    version: 1,
    type: 'MailRequested',
    data: {
      mailingId,
      template: 'welcome',
      requestedBy: randomUUID(),
      person: { recipients: ['ada@example.com'] },
    },
  };
}

/**
 * Returns a commit with a single event. The number of the commit is also the sequence of the event.
 * @param previous the hash of the previous event in the stream
 */
export function createCommit(given: Partial<Commit> = {}, previous?: string): Commit {
  const { stream = randomUUID(), number = 1, at = createTestInstant(number) } = given;
  return chained(
    {
      stream,
      number,
      sequence: number,
      events: [createSessionsRevokedFact(stream, at)],
      commandId: randomUUID(),
      correlationId: 'request-1',
      at,
      ...given,
    },
    previous,
  );
}

/** Adds hash-chain entries to the events of a commit. Returns a commit with invalid events unchanged. */
function chained(commit: Commit, previous: string | undefined): Commit {
  try {
    const entries = computeChainEntries(commit, previous);
    const events = commit.events.map((event, index) => ({
      ...event,
      chain: entries[index] ?? assert.fail(),
    }));
    return { ...commit, events };
  } catch (error) {
    if (error instanceof z.ZodError) return commit;
    throw error;
  }
}

/** Returns a commit as release 0.1 stored it: without hash-chain entries. */
export function removeChainEntries(commit: Commit): Commit {
  return { ...commit, events: commit.events.map(({ chain: _, ...event }): RecordedFact => event) };
}

/** Returns the first commit of an unverified account. */
export function createRegistrationCommit(address: string, given: Partial<Commit> = {}): Commit {
  const { stream = randomUUID(), at = createTestInstant(given.number ?? 1) } = given;
  return createCommit({ address, ...given, stream, events: [createUserRegisteredFact(stream, address, at)] });
}

/** Returns the hash of a commit's last event. */
export function getLastEventHash(commit: Commit): string | undefined {
  return commit.events.at(-1)?.chain?.hash;
}

/** Returns the first `count` commits of a stream. */
export function createCommits(stream: string, count: number): readonly Commit[] {
  let head: string | undefined;
  return createMany(count, (index) => {
    const commit = createCommit({ stream, number: index + 1 }, head);
    head = getLastEventHash(commit);
    return commit;
  });
}

/** Signs events in the tests of auth's stores. */
export const testSigner: EventSigner = eventSigner({
  kid: 'test',
  key: generateKeyPairSync('ed25519').privateKey,
});

/**
 * Signs events like `testSigner`, but always on the main thread. A test can therefore count the turns of the
 * event loop, and control the order in which signatures complete.
 */
export const mainThreadSigner: EventSigner = {
  ...testSigner,
  signOnThreadPool: async (hash) => testSigner.sign(hash),
};

/** Appends commits one after the other. */
export async function appendCommits(
  journal: Pick<Journal, 'append'>,
  commits: readonly Commit[],
): Promise<void> {
  for (const commit of commits) assert.deepEqual(await journal.append(commit), { outcome: 'appended' });
}

/**
 * Returns the unpublished commits of a stream.
 * @throws UnreadableCommit
 */
export async function readUnpublishedCommits(
  outbox: Pick<Outbox, 'unpublished'>,
  stream: string,
): Promise<readonly Commit[]> {
  const commits = (await outbox.unpublished([stream])).get(stream) ?? [];
  if (commits instanceof UnreadableCommit) throw commits;
  return commits;
}

export function getCommitNumbers(commits: readonly Commit[]): readonly number[] {
  return commits.map(({ number }) => number);
}

export function createMany<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
