/** An account as stored in the read model. */
import type { Position } from '@latchkey/consumer';
import type { Profile } from './profile.ts';

/** The profile of an account, and the sequence of the last event that it includes. */
export interface StoredAccount extends Position {
  /** The account's profile. Undefined until the account's first event has been applied. */
  readonly profile?: Profile;
}

export function toStoredAccount(profile: Profile): StoredAccount {
  return { account: profile.id, sequence: profile.sequence, profile };
}

/** Returns the state of an account about which nothing is stored. */
export function createEmptyStoredAccount(account: string): StoredAccount {
  return { account, sequence: 0 };
}
