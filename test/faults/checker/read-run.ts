/** Reads the files of a run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandLine, FaultLine, MailLine, RunDescription } from '../run-folder.ts';

export interface RecordedRun {
  readonly run: RunDescription;
  readonly history: readonly CommandLine[];
  readonly mails: readonly MailLine[];
  readonly faults: readonly FaultLine[];
}

/** Reads a run. @throws Error if a file is missing or invalid: a run without its history proves nothing */
export async function readRun(folder: string): Promise<RecordedRun> {
  function read(name: string) {
    return readFile(join(folder, name), 'utf8');
  }
  const [run, history, mails, faults] = await Promise.all(
    ['run.json', 'history.jsonl', 'mails.jsonl', 'faults.jsonl'].map(read),
  );
  const described: RunDescription = JSON.parse(run ?? '');
  return { run: described, history: linesOf(history), mails: linesOf(mails), faults: linesOf(faults) };
}

function linesOf<Line>(text = ''): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
}
