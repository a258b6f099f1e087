/**
 * Rules about the topic of a cluster after an erasure (docs/erasure.md). The erasure publishes the events of
 * the account again, without personal data. The broker later removes the original records, because the copies
 * have the same keys.
 */
import { getStreamId } from '../../support/kcat.ts';
import type { FaultLine } from '../run-folder.ts';
import { hasPersonalData } from './erased-data.ts';
import { formatLogPosition, isErased } from './erasure-rules.ts';
import { type Journal, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { StoredErasure, TopicRecord } from './stored.ts';

/** How long the steps of an erasure may take after AccountErased, in ms: as long as a run waits until it is idle. */
const ERASED_WITHIN_MS = 300_000;

export interface ErasedCopiesContext {
  readonly journal: Journal;
  /** The genuine records (those that are not forged) that the topics contain at the end of the run. */
  readonly records: readonly TopicRecord[];
  readonly erasures: readonly StoredErasure[];
  readonly faults: readonly FaultLine[];
}

/**
 * Checks that compaction will remove all personal data of an erased person: for each key of the account, the
 * last record must contain none. There are two exceptions:
 * - The copies without personal data may be missing if a fault has changed the cleanup policy of the topic.
 *   On a topic that is not compacted, copies would replace nothing, so auth publishes none.
 * - An original record may come after its copy if a fault may have delayed the original, or if an operator
 *   has published the events again. auth then publishes a second copy an hour later, after the end of the
 *   run.
 */
export function checkErasedCopies({
  journal,
  records,
  erasures,
  faults,
}: ErasedCopiesContext): readonly Violation[] {
  const byStream = Map.groupBy(records, getStreamId);
  const copied = new Set(erasures.filter(({ copies }) => copies !== undefined).map(({ _id }) => _id));
  const changesOfPolicy = faults.filter(({ fault }) => fault === 'cut-off-topic');
  const delays = faults.filter(({ target }) => DELAYS_SENDS.test(target));
  return listEventsByAccount(journal)
    .filter(([, events]) => isErased(events))
    .flatMap(([account, events]) => {
      const began = Date.parse(events.at(-1)?.time ?? '');
      const span = { from: began, to: began + ERASED_WITHIN_MS };
      const isUncopied = !copied.has(account) && changesOfPolicy.some((fault) => isDuring(fault, span));
      return [...Map.groupBy(byStream.get(account) ?? [], ({ key }) => key).values()].flatMap((its) => {
        const inOrder = its.toSorted((a, b) => a.offset - b.offset);
        const last = inOrder.at(-1);
        if (last === undefined || !hasPersonalData(last) || isUncopied) return [];
        const isLate = inOrder.some((record) => !hasPersonalData(record));
        if (isLate && delays.some((fault) => isDuring(fault, span))) return [];
        return createViolations(
          'erased copies',
          `record ${formatLogPosition(last)} is the last of its key, and has personal data of ${account}`,
        );
      });
    });
}

/** Matches the targets of faults that may delay or repeat a send, and of the command that publishes events again. */
const DELAYS_SENDS = /^(auth-|broker-|mongodb|deployment|ops-republish)/;

function isDuring(
  { at, until }: FaultLine,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  return Date.parse(at) <= to && Date.parse(until ?? at) >= from - ERASED_WITHIN_MS;
}

/**
 * Returns the records without the copies that erasures have published, because these copies do not count as
 * repeated records.
 */
export function excludeErasedCopies(records: readonly TopicRecord[]): readonly TopicRecord[] {
  const erasedAt = new Map(
    records
      .filter(({ headers }) => headers['ce_type'] === 'AccountErased')
      .toSorted((a, b) => b.offset - a.offset)
      .map((record) => [getStreamId(record), record.offset]),
  );
  return records.filter(
    (record) => record.offset <= (erasedAt.get(getStreamId(record)) ?? Number.POSITIVE_INFINITY),
  );
}
