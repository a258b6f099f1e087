/** Small valid commits for tests. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Commit, type Journal, type RecordedFact, UnreadableCommit } from '../journal.ts';
import type { Outbox } from '../outbox.ts';

/** Returns the n-th of a series of instants, one second apart. */
export function instant(second: number): string {
  return new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
}

export function sessionsRevoked(userId: string, time = instant(0)): RecordedFact {
  return {
    id: randomUUID(),
    time,
    version: 1,
    type: 'SessionsRevoked',
    data: { userId, reason: 'logout-all' },
  };
}

export function userRegistered(userId: string, address: string, time = instant(0)): RecordedFact {
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

export function mailRequested(mailingId: string, time = instant(0)): RecordedFact {
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

/** Returns a commit of one event, whose number is also its sequence. */
export function commitOf(given: Partial<Commit> = {}): Commit {
  const { stream = randomUUID(), number = 1, at = instant(number) } = given;
  return {
    stream,
    number,
    sequence: number,
    events: [sessionsRevoked(stream, at)],
    commandId: randomUUID(),
    correlationId: 'request-1',
    at,
    ...given,
  };
}

/** Returns the first commit of an unverified account. */
export function registrationOf(address: string, given: Partial<Commit> = {}): Commit {
  const commit = commitOf({ address, ...given });
  return { ...commit, events: [userRegistered(commit.stream, address, commit.at)] };
}

/** Returns the commits 1 to `count` of a stream. */
export function commitsOf(stream: string, count: number): readonly Commit[] {
  return Array.from({ length: count }, (_, index) => commitOf({ stream, number: index + 1 }));
}

/** Appends commits one after the other. */
export async function appendAll(journal: Pick<Journal, 'append'>, commits: readonly Commit[]): Promise<void> {
  for (const commit of commits) assert.deepEqual(await journal.append(commit), { outcome: 'appended' });
}

/** @throws UnreadableCommit */
export async function unpublishedOf(
  outbox: Pick<Outbox, 'unpublished'>,
  stream: string,
): Promise<readonly Commit[]> {
  const commits = (await outbox.unpublished([stream])).get(stream) ?? [];
  if (commits instanceof UnreadableCommit) throw commits;
  return commits;
}

export function numbers(commits: readonly Commit[]): readonly number[] {
  return commits.map(({ number }) => number);
}

export function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
