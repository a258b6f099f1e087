/**
 * Detects a fork in the history of an account: auth has published two different events with the same
 * sequence, for example because its journal was restored from a backup. Each event contains the hash of the
 * previous one, so a consumer needs to keep only the hash of the last event that it has applied. Pure.
 */
import type { AccountBlocker, Position } from './position-store.ts';
import { type EventRecord, sequenceOf } from './records.ts';

/**
 * Returns the `head` of an account's position after an event is applied; undefined if the hash of the event
 * was not verified.
 */
export function computeHeadAfterEvent(record: EventRecord): string | undefined {
  return record.link && formatHead(sequenceOf(record), record.link.hash);
}

/** Returns the position of an account after an event is applied. */
export function computePositionAfterEvent(
  { account }: Pick<Position, 'account'>,
  record: EventRecord,
): Position {
  const head = computeHeadAfterEvent(record);
  return { account, sequence: sequenceOf(record), ...(head === undefined ? {} : { head }) };
}

/** Returns the hash of the last event that was applied; undefined if the hash is unknown. */
export function lastEventHashOf(position: Pick<Position, 'sequence' | 'head'>): string | undefined {
  const prefix = formatHead(position.sequence, '');
  return position.head?.startsWith(prefix) ? position.head.slice(prefix.length) : undefined;
}

/**
 * Returns why an account must be parked because its history has forked; undefined if the event continues
 * the applied history. A consumer stores only the hash of the last applied event. It can therefore notice a
 * fork only when it reads an event with the same sequence as the last applied event, or with the next
 * sequence.
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
    return forked(`event ${sequence} differs from the event ${last} that was applied`);
  if (sequence === last + 1 && link.previous !== known)
    return forked(`event ${sequence} does not follow the event ${last} that was applied`);
  return undefined;
}

/**
 * Returns why an account must be parked if two of its events have the same sequence but differ; undefined if
 * they are equal, or if the hash of one of them is unknown.
 */
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
