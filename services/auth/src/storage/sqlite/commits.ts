import type { Row } from '@latchkey/sqlite';
import type { Commit } from '../../ports/journal.ts';
import { readStoredEvents } from '../stored-events.ts';

/** Returns the named parameters that insert a commit and enter it in the outbox. */
export function columnsOf(commit: Commit) {
  const { events, claims, address, eraseAt, traceparent, ...plain } = commit;
  return {
    ...plain,
    events: JSON.stringify(events),
    claims: claims === undefined ? null : JSON.stringify(claims),
    address: address ?? null,
    eraseAt: eraseAt ?? null,
    traceparent: traceparent ?? null,
    unpublished: Date.parse(commit.at),
  };
}

/** Returns the commit of a row. @throws UnreadableCommit */
export function commitOf(row: Row): Commit {
  const head = commitHeadOf(row);
  return {
    ...head,
    ...lookupKeysOf(row),
    events: readStoredEvents(head.stream, head.number, String(row['events'])),
  };
}

/** Reads the fields of a commit other than its events and the keys by which the commit is found. */
export function commitHeadOf(row: Row): Omit<Commit, 'events' | 'claims' | 'address' | 'eraseAt'> {
  return {
    stream: String(row['stream']),
    number: Number(row['number']),
    sequence: Number(row['sequence']),
    commandId: String(row['command_id']),
    correlationId: String(row['correlation_id']),
    ...(row['traceparent'] === null ? {} : { traceparent: String(row['traceparent']) }),
    at: String(row['at']),
  };
}

/** Reads the claims of a commit. */
export function claimsOf({ claims }: Row): readonly string[] {
  return claims === null ? [] : JSON.parse(String(claims));
}

/** Returns the value of the column that stores the claims that a commit still has. */
export function claimsColumn(claims: readonly string[]): string | null {
  return claims.length === 0 ? null : JSON.stringify(claims);
}

/** Reads the keys by which a commit can be found. */
export function lookupKeysOf(row: Row): Pick<Commit, 'claims' | 'address' | 'eraseAt'> {
  return {
    ...(row['claims'] === null ? {} : { claims: claimsOf(row) }),
    ...(row['address'] === null ? {} : { address: String(row['address']) }),
    ...(row['erase_at'] === null ? {} : { eraseAt: String(row['erase_at']) }),
  };
}
