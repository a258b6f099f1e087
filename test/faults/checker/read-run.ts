/** Reads the files of a run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FaultLine,
  type HistoryLine,
  type MailLine,
  REPLACED_ROWS_NAME,
  type ReceivedEventLine,
  type RunDescription,
} from '../run-folder.ts';
import { readReplacedRows } from '../system/data-folder.ts';
import type { ReplacedRows, TopicRecord } from './stored.ts';

export interface RecordedRun {
  readonly run: RunDescription;
  readonly history: readonly HistoryLine[];
  readonly mails: readonly MailLine[];
  readonly faults: readonly FaultLine[];
  readonly received: readonly ReceivedEventLine[];
  /** The records that the run has removed from a topic. */
  readonly removed: readonly TopicRecord[];
  /**
   * The rows that a standalone has replaced. If the standalone was moved to a cluster, it has replaced these
   * rows before the move. Empty if the system was always a cluster, because a cluster replaces no rows.
   */
  readonly replaced: ReplacedRows;
}

/**
 * Reads the files of a run.
 * @throws Error if a file is missing or invalid, because a run without its history proves nothing
 */
export async function readRun(folder: string): Promise<RecordedRun> {
  function read(name: string) {
    return readFile(join(folder, name), 'utf8');
  }
  const [run, history, mails, faults, received, removed] = await Promise.all(
    ['run.json', 'history.jsonl', 'mails.jsonl', 'faults.jsonl', 'received.jsonl', 'removed.jsonl'].map(read),
  );
  const described: RunDescription = JSON.parse(run ?? '');
  return {
    run: described,
    history: linesOf(history),
    mails: linesOf(mails),
    faults: linesOf(faults),
    received: linesOf(received),
    removed: linesOf(removed),
    replaced: await readReplacedRows(join(folder, REPLACED_ROWS_NAME)),
  };
}

function linesOf<Line>(text = ''): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
}
