/** Compares a single account in two generations of the read model. */
import { findDifferingFields } from '../profile/compare.ts';
import type { StoredAccount } from '../profile/stored-account.ts';

/**
 * The result of comparing an account in two generations:
 * - `same` or `differs`: both generations are at the same sequence, and their profiles are equal or not.
 * - `apart`: one generation is ahead, and the other is expected to catch up.
 * - `parked`: the account is parked in the new generation. In the old one, it is not parked, or only at a
 *   later event.
 * - `freed`: the account is parked in the old generation, which will therefore not catch up. In the new one,
 *   it is not parked, or only at a later event. An account whose history has forked in the old generation is
 *   also `freed` if it is not parked in the new one: the old generation has applied other events, so the
 *   profiles cannot be compared.
 */
export type ParityVerdict =
  | { readonly kind: 'same' | 'apart' | 'parked' | 'freed' }
  | { readonly kind: 'differs'; readonly fields: readonly string[] };

/** Compares an account as it is stored in two generations. An account that is not stored is at sequence 0. */
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
