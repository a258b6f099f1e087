/** Compares a single account in two generations of the read model. */
import { findDifferingFields } from '../profile/compare.ts';
import type { StoredAccount } from '../profile/stored-account.ts';

/**
 * The result of comparing an account in two generations:
 * - `same` or `differs`: both generations are at the same sequence, and the profiles are equal or not.
 * - `apart`: one generation is ahead, and the other is expected to catch up.
 * - `parked`: the new generation has parked the account, and the old one has not, or only at a later event.
 * - `freed`: the old generation has parked the account and will not catch up, and the new one has not parked
 *   it, or only at a later event. This is also the result if the account's history has forked in the old
 *   generation and the new one has not parked it: the old generation has applied events of another history,
 *   so the profiles cannot be compared.
 */
export type ParityVerdict =
  | { readonly kind: 'same' | 'apart' | 'parked' | 'freed' }
  | { readonly kind: 'differs'; readonly fields: readonly string[] };

/**
 * Compares an account in two generations. If a generation does not store the account, pass the account at
 * sequence 0 for it.
 */
export function compareStoredAccounts(old: StoredAccount, fresh: StoredAccount): ParityVerdict {
  const ahead = fresh.sequence - old.sequence;
  if (fresh.parked !== undefined && (old.parked === undefined || ahead < 0)) return { kind: 'parked' };
  if (old.parked?.reason === 'forked' && fresh.parked === undefined) return { kind: 'freed' };
  if (ahead > 0 && old.parked !== undefined) return { kind: 'freed' };
  if (ahead !== 0) return { kind: 'apart' };
  // At the same sequence, the account has a profile in both generations or in neither.
  const fields = old.profile && fresh.profile ? findDifferingFields(old.profile, fresh.profile) : [];
  return fields.length === 0 ? { kind: 'same' } : { kind: 'differs', fields };
}
