/** Rules about the receipts of erasures: docs/erasure.md. */
import { isErased } from './erasure-rules.ts';
import { type Journal, type JournalEvent, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { StoredErasure } from './stored.ts';

/** The consumers of Latchkey itself. Each of them must confirm every erasure. */
const OWN: readonly string[] = ['auth', 'user', 'notifier'];
/** The maximum difference between the clocks of two processes, in ms. */
const SKEW_MS = 120_000;

/**
 * Checks that every consumer has confirmed the erasure of each erased account, and did so after the erasure
 * began. Also checks that no other account has a record of an erasure.
 */
export function checkErasureReceipts(
  journal: Journal,
  erasures: readonly StoredErasure[],
): readonly Violation[] {
  const recorded = new Map(erasures.map((erasure) => [erasure._id, erasure]));
  const erased = new Map(listEventsByAccount(journal).filter(([, events]) => isErased(events)));
  return [
    ...[...erased].flatMap(([id, events]) =>
      faultsOf(events.at(-1), recorded.get(id)).flatMap((fault) =>
        createViolations('erasure receipts', `the erasure of ${id} ${fault}`),
      ),
    ),
    ...erasures
      .filter(({ _id }) => !erased.has(_id))
      .flatMap(({ _id }) => createViolations('erasure receipts', `${_id} has receipts, and is not erased`)),
  ];
}

function faultsOf(last: JournalEvent | undefined, erasure: StoredErasure | undefined): readonly string[] {
  if (erasure === undefined) return ['is not recorded'];
  const { sequence, expected, receipts } = erasure;
  const confirmed = new Map(receipts.map(({ consumer, confirmedAt }) => [consumer, confirmedAt]));
  return [
    ...(sequence === last?.sequence ? [] : [`is recorded with sequence ${sequence}`]),
    ...[...new Set([...OWN, ...expected])]
      .filter((consumer) => !confirmed.has(consumer))
      .map((consumer) => `is not confirmed by ${consumer}`),
    ...[...confirmed]
      .filter(([, at]) => Date.parse(at) < Date.parse(last?.time ?? '') - SKEW_MS)
      .map(([consumer, at]) => `was confirmed by ${consumer} at ${at}, before it began`),
  ];
}
