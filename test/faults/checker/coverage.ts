/**
 * Checks that a run reached its minimum counts. A run tests nothing if it never sent a command of some kind,
 * or if its faults hit no work.
 */
import type { FaultLine, HistoryLine, MinimumCounts } from '../run-folder.ts';
import { isAcknowledged } from './commands.ts';
import { findFaultGroup } from './faults.ts';
import type { MailContext } from './mail-rules.ts';
import { createViolations, type Violation } from './report.ts';

export interface CoverageContext extends MailContext {
  readonly history: readonly HistoryLine[];
  /** The number of records that repeat an earlier record. */
  readonly duplicates: number;
  /** The number of erased accounts, and the number of erased accounts whose traces were searched for. */
  readonly erased: number;
  readonly searched: number;
  readonly minimums: MinimumCounts;
}

export function checkCoverage(context: CoverageContext): readonly Violation[] {
  const { history, faults, duplicates, erased, searched, minimums } = context;
  const acknowledged = Map.groupBy(history.filter(isAcknowledged), ({ op }) => op);
  const hitting = faults.filter(createFaultHitPredicate(context));
  const hits = Map.groupBy(hitting, ({ fault }) => fault);
  const groups = Map.groupBy(hitting, ({ fault }) => findFaultGroup(fault));
  return [
    ...tooFew('sent', { commands: minimums.sent }, () => history.length),
    ...tooFew('acknowledged', minimums.acknowledged, (op) => acknowledged.get(op)?.length ?? 0),
    ...tooFew('hits of', minimums.hits, (fault) => hits.get(fault)?.length ?? 0),
    ...tooFew('hits on', minimums.hitsOnGroups, (group) => groups.get(group)?.length ?? 0),
    ...tooFew('kinds of', { faults: minimums.kindsOfFaults }, () => hits.size),
    ...tooFew('accounts', { erased: minimums.erased }, () => erased),
    ...tooFew('erased accounts', { 'searched for': minimums.erased }, () => searched),
    ...tooFew('duplicates on', { 'the topics': minimums.duplicates }, () => duplicates),
  ];
}

function tooFew(
  what: string,
  least: Readonly<Record<string, number>>,
  count: (name: string) => number,
): readonly Violation[] {
  return Object.entries(least)
    .filter(([name, many]) => count(name) < many)
    .flatMap(([name, many]) =>
      createViolations('coverage', `${what} ${name}: ${count(name)}, at least ${many} are needed`),
    );
}

/**
 * Returns a function that tells whether a fault hit work in progress at its target. The run counts this work
 * itself, with one exception: a mail server that refuses connections cannot see the senders' attempts. For
 * this fault, the function looks at the attempts in the deliveries.
 */
export function createFaultHitPredicate({ deliveries }: MailContext): (fault: FaultLine) => boolean {
  const attempts = deliveries.flatMap((delivery) => delivery.attempts);
  return ({ at, until, target, hits = 0 }) => {
    if (hits > 0) return true;
    const [from, to] = [Date.parse(at), Date.parse(until ?? at)];
    return (
      target === 'smtp' &&
      attempts.some((attempt) => attempt.at.getTime() <= to && attempt.at.getTime() + attempt.ms >= from)
    );
  };
}
