import type { SqliteRow } from '@latchkey/sqlite';
import type { Commit } from '../../ports/journal.ts';
import { parseStoredEvents } from '../stored-events.ts';

/**
 * Converts a commit to the named parameters of the statement that inserts it, which also adds it to the
 * outbox.
 */
export function toCommitColumns(commit: Commit) {
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

/**
 * Converts a row of the journal to its commit.
 * @throws UnreadableCommit
 */
export function commitFromRow(row: SqliteRow): Commit {
  const head = commitHeaderFromRow(row);
  return {
    ...head,
    ...lookupKeysFromRow(row),
    events: parseStoredEvents(head.stream, head.number, String(row['events'])),
  };
}

/**
 * Returns the fields of a commit from its row, without the events, the claims, the address and the erasure
 * time.
 */
export function commitHeaderFromRow(
  row: SqliteRow,
): Omit<Commit, 'events' | 'claims' | 'address' | 'eraseAt'> {
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

/** Returns the claims that the commit in a row holds. */
export function claimsFromRow({ claims }: SqliteRow): readonly string[] {
  return claims === null ? [] : JSON.parse(String(claims));
}

/** Returns the value of the column `claims` for the claims that a commit holds. */
export function toClaimsColumn(claims: readonly string[]): string | null {
  return claims.length === 0 ? null : JSON.stringify(claims);
}

/**
 * Returns the fields of a commit by which the stores look it up: its claims, the address of its open
 * registration, and its erasure time.
 */
export function lookupKeysFromRow(row: SqliteRow): Pick<Commit, 'claims' | 'address' | 'eraseAt'> {
  return {
    ...(row['claims'] === null ? {} : { claims: claimsFromRow(row) }),
    ...(row['address'] === null ? {} : { address: String(row['address']) }),
    ...(row['erase_at'] === null ? {} : { eraseAt: String(row['erase_at']) }),
  };
}
