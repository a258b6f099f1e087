/**
 * `npm run test:faults`: a system of separate processes on real servers under steady traffic, whatever dies; and then
 * whether everything that was promised is true. What it needs and what it does: docs/reliability.md.
 */
import { writeEvidence } from './evidence.ts';
import { impossible, type RunResult, runOnce } from './run.ts';
import { type FaultSettings, faultSettings } from './settings.ts';
import { columns, faultCounts, sumOf } from './summary.ts';

const MOST_SHOWN = 40;
const say = (line: string): void => console.log(line);

function tellOf({ seed, seconds, ok, unrest, report, faults, folder }: RunResult): void {
  say(
    `seed ${seed}, ${seconds} s\n\nfaults\n${columns(faultCounts(faults))}\n\ncounts\n${columns(report.counts)}\n`,
  );
  for (const what of unrest) say(`VIOLATION  ${what}`);
  for (const { rule, detail } of report.violations.slice(0, MOST_SHOWN)) say(`VIOLATION  ${rule}: ${detail}`);
  const hidden = report.violations.length - MOST_SHOWN;
  if (hidden > 0) say(`… and ${hidden} more`);
  say(ok ? 'verdict: everything promised is true\n' : `verdict: VIOLATED, see ${folder}\n`);
}

/** Run after run, until there are events enough. */
async function runAll(settings: FaultSettings, signal: AbortSignal): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  for (let events = 0, seed = settings.seed; events < settings.events || results.length === 0; seed += 1) {
    const result = await runOnce({ ...settings, seed }, { say, signal });
    results.push(result);
    tellOf(result);
    events += result.report.counts['events'] ?? 0;
  }
  return results;
}

/** One interrupt ends the run and takes its servers down. */
function interrupted(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopping.abort(new Error('interrupted')));
  return stopping.signal;
}

try {
  const settings = faultSettings(process.argv.slice(2), process.env);
  for (const fault of impossible(settings)) say(`${fault} is left out: MONGO_CONTROL is not set`);
  const results = await runAll(settings, interrupted());
  if (results.length > 1)
    say(`all ${results.length} runs\n${columns(sumOf(results.map(({ report }) => report.counts)))}`);
  if (settings.write) await writeEvidence(settings, results);
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
