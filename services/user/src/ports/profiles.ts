/** The read model: the profile of each account, and which accounts are parked. */
import type { Parked, PositionStore } from '@latchkey/consumer';
import type { Role } from '@latchkey/events';
import type { LivingProfile } from '../profile/profile.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';

/** The last profile of a page of the list. */
export interface PageEnd {
  readonly createdAt: string;
  readonly id: string;
}

export interface ParkedPage {
  /** At least 1. */
  readonly limit: number;
  /** Only accounts with a greater id. */
  readonly after?: string;
}

export interface ProfileQuery {
  /** At least 1. */
  readonly limit: number;
  /** Only profiles after this one. */
  readonly after?: PageEnd;
  readonly role?: Role;
  readonly verified?: boolean;
  /** Prefix of the e-mail address or the username, case-insensitive and taken literally. */
  readonly prefix?: string;
}

/**
 * Stores each account in one write: its position and its profile. Every guarantee is a test in
 * profiles.contract.ts, which every adapter passes. Every method rejects with StoreUnavailable if the store cannot
 * be reached or fails, and for no other reason.
 */
export interface Profiles extends PositionStore<StoredAccount> {
  /** Returns the marks of parked accounts, by account id: those after the given one, at most `limit`. */
  listParked(page: ParkedPage): Promise<readonly Parked[]>;
  /** Returns the living profiles that match the query, by creation and id. Needs an index for each filter. */
  list(query: ProfileQuery): Promise<readonly LivingProfile[]>;
  /** Returns every account that is stored, by id: those after the given one, at most `limit`. */
  page(after: string | undefined, limit: number): Promise<readonly StoredAccount[]>;
  /** Must be cheap for any number of accounts: called on every request to /readyz and /metrics. */
  countParked(): Promise<number>;
}

/** Returns one account; at sequence 0 and without a profile if nothing is stored. @throws StoreUnavailable */
export async function findAccount(profiles: Pick<Profiles, 'load'>, account: string): Promise<StoredAccount> {
  return (await profiles.load([account])).get(account) ?? unknownAccount(account);
}
