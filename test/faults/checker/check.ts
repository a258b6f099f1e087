/**
 * The checker of a run. It compares what the responses promised with what the stores contain at the end of
 * the run.
 */
import type { HistoryLine } from '../run-folder.ts';
import { checkLinearizabilityPerAccount } from './account-order.ts';
import { checkAcknowledgedCommands } from './acknowledged.ts';
import { checkCoverage } from './coverage.ts';
import { checkErasedCopies, excludeErasedCopies } from './erased-copies.ts';
import { checkErasedCommits, checkReplacedRows } from './erased-data.ts';
import { checkErasureReceipts } from './erasure-receipts.ts';
import {
  checkErasures,
  checkOriginalEventsAreKnown,
  isErased,
  restoreErasedCommits,
  restoreErasedRecords,
  restoreMovedRecords,
} from './erasure-rules.ts';
import { checkFinalLogins } from './final-logins.ts';
import { checkForgedRecords, isForged, selectGenuineRecords } from './forged-rules.ts';
import { checkForks } from './fork-rules.ts';
import { checkFullDisks } from './full-disk-rules.ts';
import { checkActiveGenerationIsShown } from './generation-rules.ts';
import { createJournal, listEventsByAccount } from './journal.ts';
import {
  checkAddressClaims,
  checkCommitNumbering,
  checkEventCombinations,
  checkSignUpMarks,
} from './journal-rules.ts';
import { checkLimits } from './limit-rules.ts';
import { checkLinkExpiry } from './link-rules.ts';
import { checkCutoffs, checkMails, countMails } from './mail-rules.ts';
import { checkCommandEffects } from './one-effect.ts';
import { checkPersonFields } from './person-rules.ts';
import { checkReadModel } from './read-model-rules.ts';
import { type RecordedRun, readRun } from './read-run.ts';
import { readStores } from './read-stores.ts';
import { checkAdminProfileList, checkProfileReads } from './reads.ts';
import { traceRefreshTokens } from './refresh-tokens.ts';
import type { Report, Violation } from './report.ts';
import { checkRestoredFile, findHistoryFork } from './restored-file-rules.ts';
import { checkRestoredReadModel } from './restored-read-model-rules.ts';
import { readSavedStores } from './saved-stores.ts';
import { checkSenders } from './sender-rules.ts';
import { checkAccountsInResponses, checkRevocations, checkTokenAcceptance } from './session-rules.ts';
import type { StoreContents } from './stored.ts';
import { checkSubscribers } from './subscriber-rules.ts';
import { checkTopics, countRecords } from './topic-rules.ts';
import { checkPersonalDataTraces } from './traces.ts';
import { checkUnfinishedWork } from './unfinished-work-rules.ts';

export type { Report } from './report.ts';

/**
 * Checks a run whose files are in `folder`. The servers of the run must be up, and its system must be idle:
 * unfinished work counts as lost.
 */
export async function checkRun(folder: string): Promise<Report> {
  const recorded = await readRun(folder);
  return checkRecordedRun(recorded, await readStores(recorded.run.servers), new Date());
}

/** Checks the saved folder of an earlier run by the current rules. */
export async function recheckSavedRun(folder: string): Promise<Report> {
  const { stores, at } = await readSavedStores(folder);
  return checkRecordedRun(await readRun(folder), stores, at);
}

/** Checks a run whose data is passed in full. Needs no servers. */
export function checkRecordedRun(recorded: RecordedRun, stores: StoreContents, now: Date): Report {
  const { run, history, mails, faults, removed, replaced } = recorded;
  const forged = stores.records.filter(isForged);
  const genuine = selectGenuineRecords(stores.records, removed);
  const records =
    'DATA_DIR' in run.servers
      ? restoreErasedRecords(genuine, replaced.records)
      : restoreMovedRecords(genuine, replaced.commits);
  const journal = createJournal(restoreErasedCommits(stores.commits, records, replaced.commits));
  if (run.restored !== undefined)
    return {
      counts: { events: [...journal.events.values()].reduce((sum, { length }) => sum + length, 0) },
      ...verdictOf(checkForks({ ...stores, journal, records, restored: run.restored })),
    };
  const erased = listEventsByAccount(journal).filter(([, events]) => isErased(events)).length;
  const commands = { journal, history, settings: run.settings };
  const letters = { journal, mails, faults, deliveries: stores.deliveries, senders: run.senders };
  const { firsts, duplicates } = countRecords(excludeErasedCopies(records));
  const chains = traceRefreshTokens(history);
  const orders = checkLinearizabilityPerAccount(commands, chains.places);
  const violations = [
    ...checkCoverage({
      ...letters,
      history,
      duplicates,
      erased,
      searched: run.searched,
      minimums: run.minimums,
    }),
    // Report unknown originals before all other violations: if the original of an erased event is unknown,
    // many later rules fail as a consequence.
    ...checkOriginalEventsAreKnown(stores.commits, records, replaced.commits),
    ...checkAccountsInResponses(commands),
    ...chains.violations,
    ...orders.violations,
    ...checkRevocations(commands, chains.places),
    ...checkTokenAcceptance(commands),
    ...checkAcknowledgedCommands(commands),
    ...checkCommandEffects(commands),
    ...checkProfileReads(commands),
    ...checkLinkExpiry(commands),
    ...checkPersonFields(journal),
    ...checkCommitNumbering(journal),
    ...checkEventCombinations(journal),
    ...checkAddressClaims(commands, faults),
    ...checkSignUpMarks(commands, faults),
    ...checkTopics(journal, records),
    ...[stores.profiles, ...stores.rebuiltProfiles].flatMap((its) => checkReadModel(journal, its)),
    ...[...(run.shown === null ? [] : [run.shown]), ...run.shownAfterSwitches].flatMap((shown) =>
      checkAdminProfileList(journal, shown),
    ),
    ...checkActiveGenerationIsShown(run.generations),
    ...(run.lostChange === undefined ? [] : checkRestoredFile(journal, run.lostChange)),
    ...(run.restoredReadModel === undefined ? [] : checkRestoredReadModel(run.restoredReadModel)),
    ...checkLimits(commands, faults),
    ...checkCutoffs(journal, stores.cutoffs),
    ...checkMails(letters),
    ...checkSenders(letters),
    ...checkErasures(journal, now),
    ...checkErasedCommits(stores.commits),
    ...('DATA_DIR' in run.servers
      ? checkReplacedRows(stores, replaced)
      : [
          ...checkReplacedRows({ commits: stores.commits, records: [] }, { ...replaced, records: [] }),
          ...checkErasedCopies({
            journal,
            records: stores.records.filter((record) => !isForged(record)),
            erasures: stores.erasures,
            faults,
          }),
        ]),
    ...checkErasureReceipts(journal, stores.erasures),
    ...checkPersonalDataTraces(run.traces),
    ...checkForgedRecords(forged, stores.deadLetters),
    ...(run.shown === null ? [] : checkFinalLogins(commands)),
    ...checkFullDisks(faults),
    ...checkSubscribers({
      journal,
      received: recorded.received,
      subscribers: run.subscribers,
      records: stores.records,
      faults,
      fork: run.lostChange && findHistoryFork(journal, run.lostChange),
    }),
    ...checkUnfinishedWork(
      { ...stores, deadLetters: stores.deadLetters.filter((record) => !isForged(record)) },
      now,
    ),
  ];
  const fates = countMails(letters);
  return {
    ok: violations.length === 0,
    counts: {
      commands: history.length,
      ...countStatuses(history),
      accounts: listEventsByAccount(journal).length,
      'accounts for which the search for an order ended': orders.decided,
      'accounts for which the search for an order took too long': orders.undecided,
      'erased accounts': erased,
      'erased accounts whose traces were searched for': run.searched,
      'forged records': forged.length,
      events: [...journal.events.values()].reduce((sum, { length }) => sum + length, 0),
      'events on the topics': firsts,
      'repeated records on the topics': duplicates,
      'mails that had to be sent': fates.required,
      'mails that were sent': fates.sent,
      'mails that were cancelled': fates.cancelled,
      'mails that expired': fates.expired,
      'mails that failed': fates.failed,
      'repeated copies of mails': fates.duplicates,
      'injected faults': faults.length,
    },
    violations,
  };
}

function verdictOf(violations: readonly Violation[]): Pick<Report, 'ok' | 'violations'> {
  return { ok: violations.length === 0, violations };
}

function countStatuses(history: readonly HistoryLine[]): Readonly<Record<string, number>> {
  const byStatus = Map.groupBy(history, ({ status }) =>
    status ? `commands with status ${status}` : 'commands without a response',
  );
  return Object.fromEntries(
    Array.from(byStatus, ([status, its]) => [status, its.length] as const).toSorted(([a], [b]) =>
      a.localeCompare(b),
    ),
  );
}
