/** The read model: the profile of each account, and which accounts are parked. */
import type { Parked, PositionStore } from '@latchkey/consumer';
import type { Role } from '@latchkey/events';
import type { LivingProfile } from '../profile/profile.ts';
import { createEmptyStoredAccount, type StoredAccount } from '../profile/stored-account.ts';

/** The position of a profile in the list of accounts, which is sorted by creation time and id. */
export interface ProfilePosition {
  readonly createdAt: string;
  readonly id: string;
}

export interface ParkedAccountsPageRequest {
  /** The maximum number of accounts to return; at least 1. */
  readonly limit: number;
  /** If set, only accounts with a greater id are returned. */
  readonly after?: string;
}

export interface ProfileQuery {
  /** The maximum number of profiles to return; at least 1. */
  readonly limit: number;
  /** If set, only profiles after the given position are returned. */
  readonly after?: ProfilePosition;
  readonly role?: Role;
  readonly verified?: boolean;
  /** A case-insensitive prefix of the email address or the username. It is matched literally, without wildcards. */
  readonly prefix?: string;
}

/**
 * The store of profiles. Each account is stored in a single write, with its position and its profile.
 * profiles.contract.ts tests every guarantee for every adapter. Promises reject only with StoreUnavailable,
 * if the store cannot be reached or fails.
 */
export interface ProfileStore extends PositionStore<StoredAccount> {
  /**
   * Returns the accounts that are parked, sorted by id. Each entry names the record that parked the account,
   * and the reason.
   */
  listParked(page: ParkedAccountsPageRequest): Promise<readonly Parked[]>;
  /**
   * Returns the profiles that match the query, sorted by creation time and id. Omits ended accounts. Adapters need an
   * index for each filter.
   */
  list(query: ProfileQuery): Promise<readonly LivingProfile[]>;
  /**
   * Returns a page of the stored accounts, whatever their state, sorted by id.
   * @param after the last id of the previous page; undefined for the first page
   */
  page(after: string | undefined, limit: number): Promise<readonly StoredAccount[]>;
  /**
   * Counts the parked accounts. Must take the same short time for any number of accounts, because every
   * request to /readyz and /metrics calls it.
   */
  countParked(): Promise<number>;
  /**
   * Counts the accounts that are parked because their history has forked. Must be as fast as `countParked`.
   */
  countForked(): Promise<number>;
}

/**
 * Returns the stored state of an account. If nothing is stored, returns an account at sequence 0 without a profile.
 * @throws StoreUnavailable
 */
export async function loadStoredAccount(
  profiles: Pick<ProfileStore, 'load'>,
  account: string,
): Promise<StoredAccount> {
  return (await profiles.load([account])).get(account) ?? createEmptyStoredAccount(account);
}
