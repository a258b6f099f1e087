/** The figures of docs/reliability.md, and the command that made them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultSettings } from './settings.ts';
import { type Counts, faultCounts, grouped, type Outcome, sumOf } from './summary.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');
const BEGIN = '<!-- figures: made by npm run test:faults -- --write -->';
const END = '<!-- end of figures -->';

type Told = Pick<FaultSettings, 'seed' | 'seconds' | 'rate' | 'events'>;

/** Puts what these runs came to in place of the figures that are there. */
export async function writeEvidence(told: Told, outcomes: readonly Outcome[]): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, withFigures(document, figuresOf(told, outcomes, new Date())));
}

/** @throws Error if the document does not say where its figures stand */
export function withFigures(document: string, figures: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('docs/reliability.md has no place for figures');
  return `${document.slice(0, begin + BEGIN.length)}\n\n${figures}\n\n${document.slice(end)}`;
}

/** As Markdown. */
export function figuresOf(told: Told, outcomes: readonly Outcome[], at: Date): string {
  const failed = outcomes.filter(({ ok }) => !ok);
  const verdict =
    failed.length === 0
      ? 'No promise was broken.'
      : `**Promises were broken** in the runs of seed ${failed.map(({ seed }) => seed).join(', ')}.`;
  return [
    '```sh',
    commandOf(told),
    '```',
    '',
    `${at.toISOString().slice(0, 10)}, ${runsInWords(outcomes)}. ${verdict}`,
    '',
    table('what', sumOf(outcomes.map(({ report }) => report.counts))),
    '',
    table('fault', sumOf(outcomes.map(({ faults }) => faultCounts(faults)))),
  ].join('\n');
}

const commandOf = ({ seed, seconds, rate, events }: Told): string =>
  [
    `FAULTS_SEED=${seed} FAULTS_SECONDS=${seconds} FAULTS_RATE=${rate} npm run test:faults --`,
    ...(events > 0 ? [`--events ${events}`] : []),
    '--write',
  ].join(' ');

function runsInWords(outcomes: readonly Outcome[]): string {
  const minutes = Math.round(outcomes.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  const seeds = outcomes.map(({ seed }) => seed);
  const [first, last] = [seeds[0], seeds.at(-1)];
  return first === last
    ? `one run from seed ${first}, ${minutes} minutes`
    : `${seeds.length} runs from seeds ${first} to ${last}, ${minutes} minutes`;
}

const table = (what: string, counts: Counts): string =>
  [
    `| ${what} | |`,
    '|---|---:|',
    ...Object.entries(counts).map(([name, count]) => `| ${name} | ${grouped(count)} |`),
  ].join('\n');
