/**
 * Detects that the history of an account has forked, which means that auth has published two different events
 * with the same sequence. This happens, for example, if its journal is restored from a backup. Each event
 * contains the hash of the previous one, so a consumer only needs the hash of the last event that it has
 * applied. Pure.
 */
import type { AccountBlocker, Position } from './position-store.ts';
import { type EventRecord, sequenceOf } from './records.ts';

/** Returns the `head` of a position after this event; undefined if the hash of the event was not verified. */
export function positionHeadAfter(record: EventRecord): string | undefined {
  return record.link && formatHead(sequenceOf(record), record.link.hash);
}

/** Returns the position of an account after this event. */
export function positionAfter({ account }: Pick<Position, 'account'>, record: EventRecord): Position {
  const head = positionHeadAfter(record);
  return { account, sequence: sequenceOf(record), ...(head === undefined ? {} : { head }) };
}

/** Returns the hash of the last event that was applied; undefined if it is unknown. */
export function lastEventHashOf(position: Pick<Position, 'sequence' | 'head'>): string | undefined {
  const prefix = formatHead(position.sequence, '');
  return position.head?.startsWith(prefix) ? position.head.slice(prefix.length) : undefined;
}

/**
 * Returns why an account must be parked because this event and the applied events belong to different
 * histories; undefined if they belong to the same one. Only the last applied event and its successor can
 * reveal a fork, because no earlier hashes are stored.
 */
export function findForkBlocker(
  position: Pick<Position, 'sequence' | 'head'>,
  record: EventRecord,
): AccountBlocker | undefined {
  const { link } = record;
  const known = lastEventHashOf(position);
  if (link === undefined || known === undefined) return undefined;
  const last = position.sequence;
  const sequence = sequenceOf(record);
  if (sequence === last && link.hash !== known)
    return forked(`event ${sequence} is not the event ${last} that was applied`);
  if (sequence === last + 1 && link.previous !== known)
    return forked(`event ${sequence} does not follow the event ${last} that was applied`);
  return undefined;
}

/** Returns why an account must be parked if these two events are different and have the same sequence. */
export function findConflictBlocker(one: EventRecord, other: EventRecord): AccountBlocker | undefined {
  if (one.link === undefined || other.link === undefined || one.link.hash === other.link.hash)
    return undefined;
  return forked(`there are two different events ${sequenceOf(one)}`);
}

function forked(what: string): AccountBlocker {
  return { reason: 'forked', cause: `${what}: the history has forked` };
}

function formatHead(sequence: number, hash: string): string {
  return `${sequence}:${hash}`;
}
