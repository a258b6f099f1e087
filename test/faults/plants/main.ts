/**
 * `npm run test:plants`: tests the checker of the fault suite. It plants one bug at a time in a copy of the
 * sources. It then runs a provocation (a sequence of events and faults that makes the bug visible), and
 * reports which rules detect the bug. It also runs all provocations on sources without a bug, for which the
 * checker must report nothing. Arguments select bugs by parts of their names. The command needs the same
 * servers as `npm run test:cluster`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../checker/check.ts';
import { copySources, removeSourceCopy } from './copy.ts';
import { type PlantedBug, plantedBugs, type SourcePatch } from './plants.ts';
import { PROVOCATIONS_WITH_OWN_SYSTEM, type Provocation, provocations } from './provocations.ts';

const SOUND_QUIET_MS = 120_000;
/**
 * How long to wait until a system with a planted bug is idle, in ms. The wait is short, because with some
 * bugs the system never becomes idle.
 */
const PLANTED_QUIET_MS = 25_000;

interface Trial {
  readonly patches: readonly SourcePatch[];
  readonly provokedBy: readonly Provocation[];
  readonly quietMs: number;
}

/**
 * Runs a provocation on a copy of the sources with a planted bug. @throws Error if the provocation ends
 * without a report
 */
async function reportOn({ patches, provokedBy, quietMs }: Trial): Promise<Report> {
  const folder = await copySources(patches);
  try {
    const file = join(folder, 'report.json');
    const program = join(folder, 'test/faults/plants/provoke.ts');
    const words = [program, file, String(quietMs), ...provokedBy];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    const [code]: (number | null)[] = await once(child, 'close');
    if (code !== 0) throw new Error(`${provokedBy.join(', ')} ended with ${code}`);
    const report: Report = JSON.parse(await readFile(file, 'utf8'));
    return report;
  } finally {
    await removeSourceCopy(folder);
  }
}

/**
 * Runs all provocations on sources without a planted bug.
 * @returns whether no rule was violated
 */
async function isQuietWithoutBugs(provokedBy: readonly Provocation[]): Promise<boolean> {
  const report = await reportOn({ patches: [], provokedBy, quietMs: SOUND_QUIET_MS });
  console.log(`without a bug\n  ${report.ok ? 'nothing to say' : rulesIn(report)}`);
  for (const { rule, detail } of report.violations) console.log(`  ${rule}: ${detail}`);
  return report.ok;
}

/**
 * Returns whether the checker detects a planted bug. If a bug makes the provocation itself fail, the checker
 * does not run, and the bug does not count as detected.
 */
async function isCaught({ name, bug, provokedBy, caughtBy }: PlantedBug): Promise<boolean> {
  const report = await reportOn({ patches: bug, provokedBy: [provokedBy], quietMs: PLANTED_QUIET_MS });
  const caught = report.violations.some(({ rule }) => caughtBy.includes(rule));
  console.log(
    `${name}\n  ${provokedBy} → ${caught ? '' : 'NOT CAUGHT, but '}${rulesIn(report) || 'nothing'}`,
  );
  return caught;
}

async function orFalse(trial: Promise<boolean>): Promise<boolean> {
  try {
    return await trial;
  } catch (error) {
    console.log(`BROKE OFF: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function rulesIn({ violations }: Report): string {
  return [...Map.groupBy(violations, ({ rule }) => rule)]
    .map(([rule, its]) => `${rule} (${its.length})`)
    .join(', ');
}

const wanted = process.argv.slice(2);
const tried = plantedBugs.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
);
const needed = new Set(tried.map(({ provokedBy }) => provokedBy));
// Keep the order of `provocations`, because some provocations must run before others.
const inOrder = Object.keys(provocations).filter((name): name is Provocation =>
  needed.has(name as Provocation),
);

const together = inOrder.filter((name) => !PROVOCATIONS_WITH_OWN_SYSTEM.has(name));
const sound = [
  together,
  ...inOrder.filter((name) => PROVOCATIONS_WITH_OWN_SYSTEM.has(name)).map((name) => [name]),
].filter(({ length }) => length > 0);

const outcomes: boolean[] = [];
for (const names of sound) outcomes.push(await orFalse(isQuietWithoutBugs(names)));
for (const planted of tried) outcomes.push(await orFalse(isCaught(planted)));
const caught = outcomes.slice(sound.length).filter((outcome) => outcome).length;
console.log(`\n${caught} of ${tried.length} planted bugs were caught`);
if (outcomes.includes(false)) process.exitCode = 1;
