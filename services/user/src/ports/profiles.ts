/** The read model: every account as its events have made it, and which accounts are parked. */
import type { Role } from '@latchkey/events';
import type { Account, Parked } from '../profile/account.ts';
import type { LivingProfile } from '../profile/profile.ts';

/** Where a page of a list ended. */
export interface Position {
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
  /** At most so many, at least 1. */
  readonly limit: number;
  /** Only what comes after it. */
  readonly after?: Position;
  readonly role?: Role;
  readonly verified?: boolean;
  /** How the e-mail address or the username begins, in any case; taken literally. */
  readonly prefix?: string;
}

/**
 * Every promise here is a test in profiles.contract.ts, which each adapter passes. Every method rejects with
 * StoreUnavailable if the store cannot be reached or fails, and for nothing else.
 */
export interface Profiles {
  /** What is known of these accounts; unknown ones are missing from the answer. */
  load(ids: readonly string[]): Promise<ReadonlyMap<string, Account>>;
  /** What is known of one account; `{id}` alone where nothing is. */
  find(id: string): Promise<Account>;
  /**
   * Replaces each account whose sequence in the store is lower than the one given; at the same sequence it only
   * sets a mark where there is none. Others stay as they are, so that a slow instance never undoes what a faster one
   * has stored. Resolves once that is durable. One account must not be given twice. Where it rejects, any number
   * of accounts may be stored, each of them whole: the same call again stores the rest.
   */
  save(accounts: readonly Account[]): Promise<void>;
  /** Takes the mark off an account that is still parked at this very record. */
  unpark(parked: Parked): Promise<void>;
  /** Parked accounts, by id: those after one, at most `limit`. */
  listParked(page: ParkedPage): Promise<readonly Parked[]>;
  /** Living profiles that fit the query, by creation and id. Needs an index for each filter. */
  list(query: ProfileQuery): Promise<readonly LivingProfile[]>;
  /** Every account that anything is known of, in order of the ids: at most `limit`, those after the id given. */
  page(after: string | undefined, limit: number): Promise<readonly Account[]>;
  /** Cheap, however many accounts there are: asked at every look at /readyz and /metrics. */
  countParked(): Promise<number>;
}
