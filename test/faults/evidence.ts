/** The results of runs: one line per run in docs/reliability-runs.jsonl, and their totals in docs/reliability.md. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultSettings } from './settings.ts';
import { addCountsByName, type CountsByName, formatNumber } from './summary.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FILES = { runs: join(DOCS, 'reliability-runs.jsonl'), document: join(DOCS, 'reliability.md') };
const BEGIN = '<!-- figures: made by npm run test:faults -- --write -->';
const END = '<!-- end of figures -->';

/** The result of one run of the fault suite that was checked. */
export interface ReliabilityRun extends Pick<FaultSettings, 'seed' | 'seconds' | 'rate' | 'mix' | 'pauses'> {
  readonly at: string;
  /** Whether the system was a standalone instead of a cluster. */
  readonly embedded?: boolean;
  /** Whether the system was a standalone that was moved to a cluster. */
  readonly move?: boolean;
  /** The duration of the whole run, in seconds. */
  readonly took: number;
  /** Whether no rule was violated. */
  readonly ok: boolean;
  readonly counts: CountsByName;
  readonly faults: CountsByName;
}

export interface ReliabilityRunStore {
  /** Returns all runs that were recorded, oldest first. */
  lines(): readonly ReliabilityRun[];
  /** Appends the result of a run to the file. When the promise resolves, the line is on the disk. */
  add(line: ReliabilityRun): Promise<void>;
}

/** Opens the results of all earlier runs. */
export async function openReliabilityRuns(files = FILES): Promise<ReliabilityRunStore> {
  let lines = await linesIn(files.runs);
  return {
    lines: () => lines,
    add: async (line) => {
      lines = [...lines, line];
      await appendFile(files.runs, `${JSON.stringify(line)}\n`);
      const document = await readFile(files.document, 'utf8');
      await writeFile(files.document, replaceReliabilityFigures(document, formatReliabilityFigures(lines)));
    },
  };
}

async function linesIn(path: string): Promise<readonly ReliabilityRun[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): ReliabilityRun => JSON.parse(line));
}

/**
 * Replaces the figures of the runs in docs/reliability.md.
 * @throws Error if one of the two markers around the figures is missing
 */
export function replaceReliabilityFigures(document: string, figures: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('docs/reliability.md has no place for figures');
  return `${document.slice(0, begin + BEGIN.length)}\n\n${figures}\n\n${document.slice(end)}`;
}

/** Formats the figures of the given runs as Markdown. */
export function formatReliabilityFigures(lines: readonly ReliabilityRun[]): string {
  const failed = lines.filter(({ ok }) => !ok);
  const verdict =
    failed.length === 0
      ? 'No guarantee was violated.'
      : `**Guarantees were violated** in the runs of seed ${failed.map(({ seed }) => seed).join(', ')}.`;
  return [
    '```sh norun="the runs of the figures: repeated by hand"',
    ...Map.groupBy(lines, commandSettingsOf)
      .entries()
      .map(([settings, its]) => commandOf(settings, its)),
    '```',
    '',
    `${fromTo(lines.map(({ at }) => at.slice(0, 10)))}, ${runsInWords(lines)}. ${verdict}`,
    '',
    table(addCountsByName(lines.map(({ counts }) => counts))),
    '',
    `Each kind of fault was injected this many times: ${inWords(addCountsByName(lines.map(({ faults }) => faults)))}.`,
  ].join('\n');
}

/** Returns the total number of events that the journals of the given runs contain. */
export function countEventsOfRuns(lines: readonly ReliabilityRun[]): number {
  return lines.reduce((sum, { counts }) => sum + (counts['events'] ?? 0), 0);
}

/**
 * Returns the command of a run without the seed and the number of events. Runs with the same settings have
 * the same command, so the document groups runs by this command.
 */
function commandSettingsOf({ seconds, rate, mix, pauses, embedded, move }: ReliabilityRun): string {
  const command = `npm run test:faults -- ${embedded ? '--embedded ' : ''}${move ? '--move ' : ''}`;
  return `FAULTS_SECONDS=${seconds} FAULTS_RATE=${rate} FAULTS_MIX=${mix} FAULTS_PAUSES=${pauses} ${command}`;
}

function commandOf(settings: string, lines: readonly ReliabilityRun[]): string {
  return `FAULTS_SEED=${lines[0]?.seed} ${settings}--events ${countEventsOfRuns(lines)} --write`;
}

function runsInWords(lines: readonly ReliabilityRun[]): string {
  const minutes = Math.round(lines.reduce((sum, { took }) => sum + took, 0) / 60);
  const seeds = lines.map(({ seed }) => String(seed));
  return lines.length === 1
    ? `one run from seed ${seeds[0]}, ${minutes} minutes`
    : `${lines.length} runs from seeds ${fromTo(seeds)}, ${minutes} minutes`;
}

function fromTo(all: readonly string[]): string {
  const [first, last] = [all[0], all.at(-1)];
  return first === last ? `${first}` : `${first} to ${last}`;
}

/** Formats counts as a list of names with their counts, sorted by name. */
function inWords(counts: CountsByName): string {
  return Object.entries(counts)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `\`${name}\` ${formatNumber(count)}`)
    .join(', ');
}

function table(counts: CountsByName): string {
  return [
    '| what was counted in these runs | number |',
    '|---|---:|',
    ...Object.entries(counts).map(([name, count]) => `| ${name} | ${formatNumber(count)} |`),
  ].join('\n');
}
