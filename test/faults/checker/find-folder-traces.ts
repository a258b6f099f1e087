/** Searches a data folder for personal data of erased people. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PersonalDataSearchResult, PersonalDataTrace } from '../run-folder.ts';
import { readDatabaseSnapshot, readDataFolder, readReplacedRows } from '../system/data-folder.ts';
import { restoreErasedCommits, restoreErasedRecords } from './erasure-rules.ts';
import { createJournal, type Journal, listMailingIds } from './journal.ts';
import { findErasedAccountsNamedIn, findIdentifiersOfErasedPeople } from './traces.ts';

type Names = ReadonlyMap<string, string>;

/**
 * The time within which a standalone must have emptied its write-ahead log, in ms. The standalone tries to do
 * so every second, but cannot while another process is reading the database.
 */
const EMPTIED_WITHIN_MS = 15_000;
const AGAIN_MS = 250;

/**
 * Searches for the names and addresses of erased people in two places:
 * - In the rows of every table, except the rows of mailings, which keep their addresses (docs/erasure.md).
 * - In the bytes of every file, including free pages and the write-ahead log. This search leaves out names
 *   that occur in a mailing, because the files also contain the rows of mailings.
 * @param replacedRowsFile the file to which the standalone has appended rows before it replaced them
 * @param emptiedWithinMs how long the write-ahead log may still contain traces
 */
export async function findTracesInFolder(
  folder: string,
  replacedRowsFile: string,
  emptiedWithinMs = EMPTIED_WITHIN_MS,
): Promise<PersonalDataSearchResult> {
  const journal = await readJournalOf(folder, replacedRowsFile);
  const names = findIdentifiersOfErasedPeople(journal);
  const lasting = addressesOfMailings(journal);
  const absent = new Map([...names].filter(([name]) => !lasting.includes(name)));
  return {
    traces: [
      ...tracesInRows(folder, names, listMailingIds(journal)),
      ...(await lastingTracesInFiles(folder, absent, emptiedWithinMs)),
    ],
    searched: new Set(absent.values()).size,
  };
}

async function readJournalOf(folder: string, replacedRowsFile: string): Promise<Journal> {
  const stores = readDataFolder(folder);
  const replaced = await readReplacedRows(replacedRowsFile);
  const records = restoreErasedRecords(stores.records, replaced.records);
  return createJournal(restoreErasedCommits(stores.commits, records, replaced.commits));
}

function addressesOfMailings(journal: Journal): string {
  const ids = listMailingIds(journal);
  return [...journal.events]
    .filter(([id]) => ids.has(id))
    .flatMap(([, events]) => events.flatMap(({ data: { person } }) => person?.recipients ?? []))
    .join('\n');
}

function tracesInRows(
  folder: string,
  names: Names,
  mailings: ReadonlySet<string>,
): readonly PersonalDataTrace[] {
  return readDatabaseSnapshot(folder, (read) =>
    read("SELECT name FROM sqlite_schema WHERE type = 'table'").flatMap(({ name: table }) =>
      read(`SELECT * FROM "${table}"`).flatMap((row) => {
        const cells = Object.values(row).map(bytesOf);
        if (cells.some((cell) => mailings.has(cell.toString()))) return [];
        const place = `a row of ${table}`;
        return findErasedAccountsNamedIn(Buffer.concat(cells), names).map((account) => ({ account, place }));
      }),
    ),
  );
}

function bytesOf(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
}

/** Returns the traces that remain in the files, even after the process has had time to empty its write-ahead log. */
async function lastingTracesInFiles(
  folder: string,
  names: Names,
  withinMs: number,
): Promise<readonly PersonalDataTrace[]> {
  const began = performance.now();
  for (;;) {
    const traces = await tracesInFiles(folder, names);
    if (traces.length === 0 || performance.now() - began >= withinMs) return traces;
    await sleep(AGAIN_MS);
  }
}

async function tracesInFiles(folder: string, names: Names): Promise<readonly PersonalDataTrace[]> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const traces = await Promise.all(
    files.map(async ({ name: place }) =>
      findErasedAccountsNamedIn(await readFile(join(folder, place)), names).map((account) => ({
        account,
        place,
      })),
    ),
  );
  return traces.flat();
}
