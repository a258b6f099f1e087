/** Whether an account is the same in two generations. */
import { differingFields } from '../profile/compare.ts';
import type { StoredAccount } from '../profile/stored-account.ts';

/**
 * `same` and `differs` are of the same sequence. `apart`: one of them is further on, and the other will follow.
 * `parked`: it stands still in the new one, and not as early in the old one. `freed`: it is the old one that
 * stands still, or earlier: it will not follow.
 */
export type Verdict =
  | { readonly kind: 'same' | 'apart' | 'parked' | 'freed' }
  | { readonly kind: 'differs'; readonly fields: readonly string[] };

/** What two generations say of one account. An account of which nothing is known is at sequence 0. */
export function compareAccount(old: StoredAccount, fresh: StoredAccount): Verdict {
  const ahead = fresh.sequence - old.sequence;
  if (fresh.parked !== undefined && (old.parked === undefined || ahead < 0)) return { kind: 'parked' };
  if (ahead > 0 && old.parked !== undefined) return { kind: 'freed' };
  if (ahead !== 0) return { kind: 'apart' };
  // At the same sequence: both have a profile, or neither.
  const fields = old.profile && fresh.profile ? differingFields(old.profile, fresh.profile) : [];
  return fields.length === 0 ? { kind: 'same' } : { kind: 'differs', fields };
}
