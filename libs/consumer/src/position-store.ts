/** A consumer's position in the events of an account, and the port that stores these positions. */
import type { AccountRecord } from './records.ts';

/**
 * Why an account is parked. `gap`: an earlier event is missing. `unreadable`: the record could not be
 * decoded. `refused`: the event was decoded, but the consumer cannot apply it. `forked`: the event
 * contradicts the last applied event (it has the same sequence, or contains a different previous hash), for
 * example because the journal was restored from a backup.
 */
export type ParkReason = 'gap' | 'unreadable' | 'refused' | 'forked';

/** The reason why the next event of an account cannot be applied. */
export interface AccountBlocker {
  readonly reason: ParkReason;
  /** A short explanation for operators. Contains no personal data. */
  readonly cause: string;
}

/**
 * The mark of a parked account: its next event could not be applied, so its later events are held back. All
 * of these events are in the record that the mark names, or in later records.
 */
export interface Parked extends AccountBlocker {
  readonly account: string;
  /** The topic, partition and offset of the record that could not be applied. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Sequence of the last event that was applied before the account was parked; 0 if no event was applied. */
  readonly after: number;
}

/**
 * A consumer's position in the events of one account. A consumer may extend it with the state that it derives
 * from the events.
 */
export interface Position {
  /** The id of the account; on the mailings topic, the id of the mailing. */
  readonly account: string;
  /** Sequence of the last event that was applied or skipped; 0 before the first. */
  readonly sequence: number;
  /**
   * The sequence and the hash of the last applied event, as text. Stores keep this text unchanged, together
   * with `sequence`. If the sequence in the text differs from `sequence`, the text is ignored. Absent if the
   * hash is unknown: the consumer then cannot detect whether the next event belongs to a different history.
   */
  readonly head?: string;
  readonly parked?: Parked;
}

/**
 * Stores the positions of accounts. Each position is written together with the state that was derived from
 * the events up to it. Every guarantee is a test of `positionStoreContract`. Every method rejects if the
 * store cannot be reached; the caller then retries.
 */
export interface PositionStore<P extends Position = Position> {
  /**
   * Returns the stored positions of these accounts. The result has no entry for an account without a stored
   * position.
   */
  load(accounts: readonly string[]): Promise<ReadonlyMap<string, P>>;
  /**
   * Stores a position if the account has no stored position, or one with a lower sequence. If the sequences
   * are equal, only adds the mark, and only if the stored position has none. A lower sequence changes
   * nothing, so a slow member of the group never undoes what a faster member has stored. Resolves once the
   * positions are durable. If `save` rejects, some of the positions may have been stored, each of them
   * completely; the caller may repeat the call.
   * @param positions at most one position for each account
   */
  save(positions: readonly P[]): Promise<void>;
  /**
   * Replaces the mark `current` of a parked account with `next`, or removes it if `next` is not given. Does
   * nothing if the stored mark differs from `current` (in topic, partition, offset or cause), because another
   * member has replaced it in the meantime.
   */
  replaceMark(current: Parked, next?: Parked): Promise<void>;
}

/** Returns whether two marks of a parked account name the same record and the same cause. */
export function isSameParkMark(a: Parked, b: Parked): boolean {
  return a.topic === b.topic && a.partition === b.partition && a.offset === b.offset && a.cause === b.cause;
}

/** Creates the mark of an account that is parked because the consumer cannot apply this record. */
export function createParkMark(
  { account, sequence }: Position,
  { source: { topic, partition, offset } }: AccountRecord,
  { reason, cause }: AccountBlocker,
): Parked {
  return { account, topic, partition, offset, after: sequence, reason, cause };
}

/**
 * Returns a copy of the position that has the given mark of a parked account or, if no mark is given, no
 * mark.
 */
export function withParkMark<P extends Position>(position: P, parked: Parked | undefined): P {
  const { parked: _, ...unmarked } = position;
  return { ...unmarked, ...(parked === undefined ? {} : { parked }) } as P;
}
