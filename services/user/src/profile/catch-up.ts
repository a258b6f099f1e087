/** What a parked account comes to when its records are read again, from the one that parked it. */
import { type Account, type Parked, sequenceOf } from './account.ts';
import { type AccountRecord, applyRecord, envelopeOf } from './apply-record.ts';

/**
 * Applies every record that comes next, also behind one that still cannot be used: what was missing may have
 * been published again further on. The account stays parked at `origin` (so that another try reads all of it
 * again) while an event beyond its sequence is known, or a record after its last event cannot be read.
 *
 * @param decided the sequence of its last event in the journal, as it was after the records were read, where the
 * journal can be asked: an account that has got there is whole, so what else is on the topic is none of its events
 */
export function catchUp(
  account: Account,
  origin: Parked,
  records: readonly AccountRecord[],
  decided?: number,
): Account {
  let current = free(account);
  let unreadable: string | undefined;
  let gap: string | undefined;
  let highest = 0;
  // Counted along the records, not along what is stored: so another look at them comes to the same.
  let reached = origin.after;

  for (const record of records) {
    if (record.decoded.kind === 'undecodable') {
      unreadable ??= record.decoded.cause;
      continue;
    }
    const { sequence } = envelopeOf(record.decoded);
    highest = Math.max(highest, sequence);
    if (sequence === reached + 1) {
      reached = sequence;
      unreadable = undefined;
    }
    const { account: after, effect } = applyRecord(current, record);
    if (effect === 'parked') gap = after.parked?.cause;
    if (effect === 'applied') current = after;
  }
  if (sequenceOf(current) === decided) return current;
  const cause = unreadable ?? (highest > sequenceOf(current) ? gap : undefined);
  return cause === undefined ? current : { ...current, parked: { ...origin, cause } };
}

function free({ parked: _, ...account }: Account): Account {
  return account;
}
