/** The checker of a run: compares what was promised with what is stored at the end. */
import type { CommandLine } from '../run-folder.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { accountsIn, journalOf } from './journal.ts';
import { checkClaims, checkMarks, checkNumbering, checkWholeCommits } from './journal-rules.ts';
import { checkCutoffs, checkMails, countMails } from './mail-rules.ts';
import { checkOneEffect } from './one-effect.ts';
import { checkReadModel } from './read-model-rules.ts';
import { type RecordedRun, readRun } from './read-run.ts';
import { readStores } from './read-stores.ts';
import { checkReads } from './reads.ts';
import type { Report } from './report.ts';
import { checkStandstill } from './standstill-rules.ts';
import type { Stores } from './stored.ts';
import { checkTopics, countRecords } from './topic-rules.ts';

export type { Report } from './report.ts';

/**
 * Checks a run whose files are in `folder` and whose servers are still up, once it has come to rest: what is not
 * done by now counts as never done.
 */
export async function check(folder: string): Promise<Report> {
  const recorded = await readRun(folder);
  return judge(recorded, await readStores(recorded.run.servers), new Date());
}

/** Checks without servers: everything that decides is in the arguments. */
export function judge(recorded: RecordedRun, stores: Stores, now: Date): Report {
  const { run, history, mails, faults } = recorded;
  const journal = journalOf(stores.commits);
  const commands = { journal, history, settings: run.settings };
  const letters = { journal, mails, faults, deliveries: stores.deliveries };
  const violations = [
    ...checkAcknowledged(commands),
    ...checkOneEffect(commands),
    ...checkReads(commands),
    ...checkNumbering(journal),
    ...checkWholeCommits(journal),
    ...checkClaims(journal),
    ...checkMarks(commands, faults),
    ...checkTopics(journal, stores.records),
    ...checkReadModel(journal, stores.profiles),
    ...checkCutoffs(journal, stores.cutoffs),
    ...checkMails(letters),
    ...checkStandstill(stores, now),
  ];
  const { firsts, duplicates } = countRecords(stores.records);
  const mailCounts = Object.entries(countMails(letters)).map(([fate, many]) => [`mails ${fate}`, many]);
  return {
    ok: violations.length === 0,
    counts: {
      commands: history.length,
      ...countStatuses(history),
      accounts: accountsIn(journal).length,
      events: [...journal.events.values()].reduce((sum, { length }) => sum + length, 0),
      'first occurrences on the topics': firsts,
      'duplicates on the topics': duplicates,
      ...Object.fromEntries(mailCounts),
      faults: faults.length,
    },
    violations,
  };
}

function countStatuses(history: readonly CommandLine[]): Readonly<Record<string, number>> {
  const byStatus = Map.groupBy(history, ({ status }) => `commands ${status ?? 'without answer'}`);
  return Object.fromEntries(
    Array.from(byStatus, ([status, its]) => [status, its.length] as const).toSorted(([a], [b]) =>
      a.localeCompare(b),
    ),
  );
}
