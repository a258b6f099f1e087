/**
 * `npm run test:faults`: runs a system of separate processes on real servers; with `--embedded`, a standalone; with
 * `--move`, a standalone that is moved to such a system. It sends steady traffic while faults of every kind happen, and
 * finally checks every rule. Requirements and procedure: docs/reliability.md.
 */
import { type Report, recheckSavedRun } from './checker/check.ts';
import { countEventsOfRuns, openReliabilityRuns, type ReliabilityRun } from './evidence.ts';
import type { FaultKind } from './nemesis/schedule.ts';
import { type RunResult, runFaultSuiteOnce } from './run.ts';
import { type FaultSettings, readFaultSettings } from './settings.ts';
import { addCountsByName, countFaults, formatCountsInColumns } from './summary.ts';
import { findUnsupportedClusterFaults } from './system/cluster.ts';
import { findUnsupportedStandaloneFaults } from './system/standalone.ts';

const MOST_SHOWN = 40;
function say(line: string): void {
  console.log(line);
}

function tellOf({ seed, seconds, ok, unfinished, report, faults, folder }: RunResult): void {
  say(
    `seed ${seed}, ${seconds} s\n\nfaults\n${formatCountsInColumns(countFaults(faults))}\n\ncounts\n${formatCountsInColumns(report.counts)}\n`,
  );
  for (const what of unfinished) say(`VIOLATION  ${what}`);
  tellViolations(report);
  say(ok ? 'verdict: everything promised is true' : 'verdict: VIOLATED');
  say(folder === undefined ? '' : `kept in ${folder}\n`);
}

function tellViolations({ violations }: Report): void {
  for (const { rule, detail } of violations.slice(0, MOST_SHOWN)) say(`VIOLATION  ${rule}: ${detail}`);
  const hidden = violations.length - MOST_SHOWN;
  if (hidden > 0) say(`… and ${hidden} more`);
}

/**
 * Repeats runs until all runs together have produced enough events. Runs that were recorded earlier count as
 * well.
 */
async function runAll(settings: FaultSettings, signal: AbortSignal): Promise<readonly ReliabilityRun[]> {
  const evidence = settings.write ? await openReliabilityRuns() : undefined;
  const before = evidence?.lines() ?? [];
  if (before.length > 0)
    say(`there are ${before.length} runs with ${countEventsOfRuns(before)} events already`);
  let lines = before;
  let seed = before.reduce((next, line) => Math.max(next, line.seed + 1), settings.seed);
  while (countEventsOfRuns(lines) < settings.events || lines.length === before.length) {
    const result = await runFaultSuiteOnce({ ...settings, seed }, { say, signal });
    tellOf(result);
    const line = lineOf(result, { ...settings, seed });
    await evidence?.add(line);
    lines = [...lines, line];
    seed += 1;
  }
  return lines.slice(before.length);
}

function lineOf(
  result: RunResult,
  { seed, seconds, rate, mix, pauses, embedded, move }: FaultSettings,
): ReliabilityRun {
  return {
    at: new Date().toISOString(),
    seed,
    seconds,
    rate,
    mix,
    pauses,
    ...(embedded && { embedded }),
    ...(move && { move }),
    took: result.seconds,
    ok: result.ok,
    counts: result.report.counts,
    faults: countFaults(result.faults),
  };
}

/**
 * Returns an abort signal, which the first interrupt (Ctrl-C) aborts. When the signal is aborted, the run
 * ends and its servers are stopped.
 */
function interrupted(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopping.abort(new Error('interrupted')));
  return stopping.signal;
}

/** Checks the saved folder of an earlier run by the current rules, and prints the violations. */
async function recheckRun(folder: string): Promise<void> {
  const report = await recheckSavedRun(folder);
  say(`counts\n${formatCountsInColumns(report.counts)}\n`);
  tellViolations(report);
  if (!report.ok) process.exitCode = 1;
}

function unsupportedFaultsOf(settings: FaultSettings): ReadonlySet<FaultKind> {
  const { embedded, move } = settings;
  return new Set([
    ...(embedded || move ? findUnsupportedStandaloneFaults() : []),
    ...(embedded ? [] : findUnsupportedClusterFaults(settings)),
  ]);
}

async function runOrRecheck(words: readonly string[]): Promise<void> {
  const [first, folder] = words;
  if (first === '--recheck' && folder !== undefined) return recheckRun(folder);
  const settings = readFaultSettings(words, process.env);
  for (const fault of unsupportedFaultsOf(settings))
    say(`${fault} is left out: it cannot be caused here (docs/reliability.md)`);
  const lines = await runAll(settings, interrupted());
  if (lines.length > 1)
    say(
      `all ${lines.length} runs\n${formatCountsInColumns(addCountsByName(lines.map(({ counts }) => counts)))}`,
    );
  if (lines.some(({ ok }) => !ok)) process.exitCode = 1;
}

try {
  await runOrRecheck(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
