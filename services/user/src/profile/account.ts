/** An account as the read model holds it: its profile, and whether it is parked. */
import type { Profile } from './profile.ts';

/** Why an account stands still: its next event could not be applied, and what follows waits for it. */
export interface Parked {
  readonly account: string;
  /** Where on the topic the record is that could not be applied. */
  readonly partition: number;
  readonly offset: number;
  /** The sequence of the last event applied before it. */
  readonly after: number;
  /** In a few words, naming nobody. */
  readonly cause: string;
}

export interface Account {
  readonly id: string;
  /** Missing before the first event. */
  readonly profile?: Profile;
  readonly parked?: Parked;
}

/** Of the last event applied; 0 before the first. */
export function sequenceOf(account: Account): number {
  return account.profile?.sequence ?? 0;
}
