/** The position of a consumer in the events of each account, and the port that stores positions. */
import type { AccountRecord } from './records.ts';

/**
 * Why an account is parked. `gap`: an earlier event is missing. `unreadable`: the record could not be decoded.
 * `refused`: the event was decoded, but the consumer cannot apply it. `forked`: auth has published another event with
 * the sequence of the last one that was applied, or an event that does not follow it, because a backup was restored.
 */
export type ParkReason = 'gap' | 'unreadable' | 'refused' | 'forked';

/** What prevents the next event of an account from being applied. */
export interface Blocker {
  readonly reason: ParkReason;
  /** A short explanation for operators. Contains no personal data. */
  readonly cause: string;
}

/**
 * The mark of a parked account: its next event could not be applied, so its later events are held back. All records
 * that were held back are at or after the marked record.
 */
export interface Parked extends Blocker {
  readonly account: string;
  /** The record that could not be applied. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Sequence of the last event applied before the record that could not be applied; 0 if there was none. */
  readonly after: number;
}

/** The position of a consumer in the events of one account. Consumers extend it with the state that they derive. */
export interface Position {
  /** The id of the account; on the mailings topic, that of the mailing. */
  readonly account: string;
  /** Sequence of the last event that was applied or skipped; 0 before the first. */
  readonly sequence: number;
  /**
   * The sequence and the hash of that event, as text. Stores keep this text as it is, together with the sequence; a
   * head of another sequence is ignored. Absent if the hash is unknown: then the consumer does not notice whether the
   * next event belongs to another history.
   */
  readonly head?: string;
  readonly parked?: Parked;
}

/**
 * Stores positions, each with the state that was derived up to it, in one write. Every guarantee is a test of
 * `positionStoreContract`. Every method rejects if the store cannot be reached; the caller then retries.
 */
export interface PositionStore<P extends Position = Position> {
  /** Returns the stored positions of these accounts. Unknown accounts are missing from the result. */
  load(accounts: readonly string[]): Promise<ReadonlyMap<string, P>>;
  /**
   * Replaces each stored position that has a lower sequence than the given one. At the same sequence it may only add a
   * mark to a position that has none. All other positions stay as they are, so that a slow member of the group never
   * undoes what a faster one stored. Resolves once the positions are durable. An account must not be given twice. If
   * `save` rejects, any of the positions may have been stored, but none of them partially; the same call may be
   * repeated.
   */
  save(positions: readonly P[]): Promise<void>;
  /**
   * Replaces the mark `current` of its account by `next`, or removes it if `next` is not given. Does nothing if the
   * stored mark differs (in topic, partition, offset or cause), because another member has then replaced it.
   */
  replaceMark(current: Parked, next?: Parked): Promise<void>;
}

/** Returns whether two marks of a parked account are the same: at the same record, and with the same cause. */
export function isSameParkMark(a: Parked, b: Parked): boolean {
  return a.topic === b.topic && a.partition === b.partition && a.offset === b.offset && a.cause === b.cause;
}

/** Creates the mark of an account that is parked because this record could not be applied. */
export function createParkMark(
  { account, sequence }: Position,
  { source: { topic, partition, offset } }: AccountRecord,
  { reason, cause }: Blocker,
): Parked {
  return { account, topic, partition, offset, after: sequence, reason, cause };
}

/** Returns the position with the given mark of a parked account, or without any mark. */
export function withParkMark<P extends Position>(position: P, parked: Parked | undefined): P {
  const { parked: _, ...unmarked } = position;
  return { ...unmarked, ...(parked === undefined ? {} : { parked }) } as P;
}
