/** Whether an account is the same in two generations. */
import { type Account, sequenceOf } from '../profile/account.ts';
import { differingFields } from '../profile/compare.ts';

/**
 * `same` and `differs` are of the same sequence. `apart`: one of them is further on, and the other will follow.
 * `parked`: it stands still in the new one, and not as early in the old one. `freed`: it is the old one that
 * stands still, or earlier: it will not follow.
 */
export type Verdict =
  | { readonly kind: 'same' | 'apart' | 'parked' | 'freed' }
  | { readonly kind: 'differs'; readonly fields: readonly string[] };

/** What two generations say of one account. `{id}` alone is one that nothing is known of. */
export function compareAccount(old: Account, fresh: Account): Verdict {
  const ahead = sequenceOf(fresh) - sequenceOf(old);
  if (fresh.parked !== undefined && (old.parked === undefined || ahead < 0)) return { kind: 'parked' };
  if (ahead > 0 && old.parked !== undefined) return { kind: 'freed' };
  if (ahead !== 0) return { kind: 'apart' };
  // At the same sequence: both have a profile, or neither.
  const fields = old.profile && fresh.profile ? differingFields(old.profile, fresh.profile) : [];
  return fields.length === 0 ? { kind: 'same' } : { kind: 'differs', fields };
}
