/** Commits for tests: small, valid, and telling one account from another. */
import { randomUUID } from 'node:crypto';
import type { Commit, RecordedFact } from '../journal.ts';

/** The n-th of a run of instants, a second apart. */
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

/** A commit of one event, whose number is its sequence too. */
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

/** The first commit of an account that nobody has verified. */
export function registrationOf(address: string, given: Partial<Commit> = {}): Commit {
  const commit = commitOf({ address, ...given });
  return { ...commit, events: [userRegistered(commit.stream, address, commit.at)] };
}

/** The commits 1 to `count` of a stream. */
export function commitsOf(stream: string, count: number): readonly Commit[] {
  return Array.from({ length: count }, (_, index) => commitOf({ stream, number: index + 1 }));
}
