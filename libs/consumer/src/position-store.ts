/** The position of a consumer in the events of each account, and the port that stores these positions. */
import type { AccountRecord } from './records.ts';

/**
 * Why an account is parked. `gap`: an earlier event is missing. `unreadable`: the record could not be
 * decoded. `refused`: the event was decoded, but the consumer cannot apply it. `forked`: the event
 * contradicts the last applied one (it has the same sequence, or its previous hash differs), for example
 * because the journal was restored from a backup.
 */
export type ParkReason = 'gap' | 'unreadable' | 'refused' | 'forked';

/** What prevents the next event of an account from being applied. */
export interface AccountBlocker {
  readonly reason: ParkReason;
  /** A short explanation for operators. Contains no personal data. */
  readonly cause: string;
}

/**
 * The mark of a parked account: its next event could not be applied, so its later events are held back. All
 * events that are held back are in the marked record or after it.
 */
export interface Parked extends AccountBlocker {
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
   * The sequence and the hash of the last event that was applied, as text. Stores keep this text unchanged,
   * together with the sequence. A head whose sequence differs from `sequence` is ignored. Absent if the hash
   * is unknown: the consumer then cannot detect whether the next event belongs to another history.
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
   * Replaces each stored position that has a lower sequence than the given one. If the sequences are equal,
   * it only adds the given mark to a position without a mark. All other positions stay unchanged, so a slow
   * member of the group never undoes what a faster one has stored. Resolves once the positions are durable.
   * No account may be given twice. If `save` rejects, some positions may have been stored, but each one
   * completely or not at all; the same call may be repeated.
   */
  save(positions: readonly P[]): Promise<void>;
  /**
   * Replaces the mark `current` of its account with `next`, or removes it if `next` is not given. Does
   * nothing if the stored mark differs from `current` (in topic, partition, offset or cause), because another
   * member has then replaced it.
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
  { reason, cause }: AccountBlocker,
): Parked {
  return { account, topic, partition, offset, after: sequence, reason, cause };
}

/** Returns the position with the given mark of a parked account, or without any mark. */
export function withParkMark<P extends Position>(position: P, parked: Parked | undefined): P {
  const { parked: _, ...unmarked } = position;
  return { ...unmarked, ...(parked === undefined ? {} : { parked }) } as P;
}
