/** The read model: the profile of each account, and which accounts are parked. */
import type { Parked, PositionStore } from '@latchkey/consumer';
import type { Role } from '@latchkey/events';
import type { LivingProfile } from '../profile/profile.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';

/** The position of a profile in the list of accounts. The next page begins after the last profile of a page. */
export interface ProfilePosition {
  readonly createdAt: string;
  readonly id: string;
}

export interface ParkedPageRequest {
  /** The maximum number to return, at least 1. */
  readonly limit: number;
  /** The id of an account; only accounts with a greater id are returned. */
  readonly after?: string;
}

export interface ProfileQuery {
  /** The maximum number to return, at least 1. */
  readonly limit: number;
  /** A profile; only profiles after it are returned. */
  readonly after?: ProfilePosition;
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
  /**
   * Returns the marks of parked accounts (at which record each is parked, and why), sorted by account id: at most
   * `limit`, after the given id.
   */
  listParked(page: ParkedPageRequest): Promise<readonly Parked[]>;
  /**
   * Returns the profiles that match the query, ordered by creation and id; those of accounts that ended are left out.
   * Needs an index for each filter.
   */
  list(query: ProfileQuery): Promise<readonly LivingProfile[]>;
  /** Returns all stored accounts by id: at most `limit`, after the given id. */
  page(after: string | undefined, limit: number): Promise<readonly StoredAccount[]>;
  /**
   * Counts the parked accounts. Must be cheap for any number of accounts, because every request to /readyz and
   * /metrics calls it.
   */
  countParked(): Promise<number>;
  /** Counts the accounts that are parked because their history has forked. Must be as cheap as `countParked`. */
  countForked(): Promise<number>;
}

/**
 * Returns one account as it is stored. If nothing is stored about it, the account is at sequence 0 and has no
 * profile. @throws StoreUnavailable
 */
export async function findAccount(profiles: Pick<Profiles, 'load'>, account: string): Promise<StoredAccount> {
  return (await profiles.load([account])).get(account) ?? unknownAccount(account);
}
