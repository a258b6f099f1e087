/** What a slice of the topic does to the accounts in it: one write's worth of changes. */
import type { Account } from './account.ts';
import {
  type AccountRecord,
  applyRecord,
  type Effect,
  type PlacedRecord,
  subjectOf,
} from './apply-record.ts';

export interface SliceOutcome<R extends PlacedRecord> {
  /** Accounts that are not as they were, each once, as they are to be stored. */
  readonly changed: readonly Account[];
  /** What became of each record with a usable key, in order. */
  readonly effects: readonly { readonly record: R & AccountRecord; readonly effect: Effect }[];
  /** Records without a usable key. */
  readonly setAside: readonly { readonly record: R; readonly cause: string }[];
}

/** `known` holds what the store knows of the slice's accounts; one that is missing has had no event yet. */
export function applySlice<R extends PlacedRecord>(
  known: ReadonlyMap<string, Account>,
  records: readonly R[],
): SliceOutcome<R> {
  const changed = new Map<string, Account>();
  const effects: { record: R & AccountRecord; effect: Effect }[] = [];
  const setAside: { record: R; cause: string }[] = [];

  for (const record of records) {
    if (!isOfAccount(record)) {
      setAside.push({ record, cause: causeOf(record) });
      continue;
    }
    const id = subjectOf(record);
    const { account, effect } = applyRecord(changed.get(id) ?? known.get(id) ?? { id }, record);
    if (effect === 'applied' || effect === 'parked') changed.set(id, account);
    effects.push({ record, effect });
  }
  return { changed: [...changed.values()], effects, setAside };
}

/** The accounts that a slice is about. */
export function accountsIn(records: readonly PlacedRecord[]): readonly string[] {
  return [...new Set(records.filter(isOfAccount).map(subjectOf))];
}

function isOfAccount<R extends PlacedRecord>(record: R): record is R & AccountRecord {
  return record.decoded.kind !== 'unusable';
}

function causeOf({ decoded }: PlacedRecord): string {
  return decoded.kind === 'unusable' ? decoded.cause : '';
}
