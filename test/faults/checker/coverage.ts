/**
 * Checks that a run reached its minimums: a command that was never sent, or a fault that hit nothing, proves nothing.
 */
import type { CommandLine, FaultLine, MinimumCounts } from '../run-folder.ts';
import { isAcknowledged } from './commands.ts';
import type { Journal } from './journal.ts';
import type { MailContext } from './mail-rules.ts';
import { type Violation, violationsOf } from './report.ts';

export interface CoverageContext extends MailContext {
  readonly history: readonly CommandLine[];
  /** The number of records that repeat an earlier one. */
  readonly duplicates: number;
  /** The number of erased accounts, and of those whose traces were searched for. */
  readonly erased: number;
  readonly searched: number;
  readonly minimums: MinimumCounts;
}

/** In ms. A fault counts as hitting a piece of work if they overlap, or are at most this far apart. */
const NEAR_MS = 3_000;
/** How long a client waits for a response, in ms. */
const PATIENCE_MS = 10_000;

export function checkCoverage(context: CoverageContext): readonly Violation[] {
  const { history, faults, duplicates, erased, searched, minimums } = context;
  const acknowledged = Map.groupBy(history.filter(isAcknowledged), ({ op }) => op);
  const hits = Map.groupBy(faults.filter(createFaultHitPredicate(context)), ({ fault }) => fault);
  return [
    ...tooFew('sent', { commands: minimums.sent }, () => history.length),
    ...tooFew('acknowledged', minimums.acknowledged, (op) => acknowledged.get(op)?.length ?? 0),
    ...tooFew('hits of', minimums.hits, (fault) => hits.get(fault)?.length ?? 0),
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
      violationsOf('coverage', `${what} ${name}: ${count(name)}, at least ${many} are needed`),
    );
}

/** Returns a predicate: whether a fault hit something in flight. */
export function createFaultHitPredicate(context: CoverageContext): (fault: FaultLine) => boolean {
  const { history, mails, deliveries, journal } = context;
  const commands = history.map(({ sentAt, answeredAt }) =>
    spanOf(sentAt, answeredAt ?? new Date(Date.parse(sentAt) + PATIENCE_MS).toISOString()),
  );
  const commits = commitTimesIn(journal).map((at) => ({ from: at - NEAR_MS, to: at + NEAR_MS }));
  const sending = [
    ...mails.map(({ at, answeredAt }) => spanOf(at, answeredAt)),
    ...deliveries.flatMap(({ attempts }) =>
      attempts.map(({ at, ms }) => ({ from: at.getTime() - NEAR_MS, to: at.getTime() + ms + NEAR_MS })),
    ),
  ];
  return (fault) => {
    const span = spanOf(fault.at, fault.until);
    const work = isAboutMail(fault) ? sending : isAboutLog(fault) ? commits : commands;
    return work.some(({ from, to }) => from <= span.to && to >= span.from);
  };
}

function isAboutMail({ target }: FaultLine): boolean {
  return target === 'smtp' || target.startsWith('notifier');
}

function isAboutLog({ target }: FaultLine): boolean {
  return target.startsWith('broker') || target.startsWith('user') || target.startsWith('topic');
}

function commitTimesIn({ streams }: Journal): readonly number[] {
  return [...streams.values()].flat().map(({ at }) => Date.parse(at));
}

function spanOf(from: string, to: string | null) {
  return { from: Date.parse(from), to: to === null ? Number.POSITIVE_INFINITY : Date.parse(to) };
}
