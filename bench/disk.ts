import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { addAccounts } from './support/accounts.ts';
import type { Benchmark, BenchmarkFigure } from './support/benchmark.ts';
import { startBenchmarkServer } from './support/server.ts';

const ACCOUNTS = Number(process.env['DISK_ACCOUNTS'] ?? 300);
/**
 * How many accounts are created before the first measurement, so that every table already has more than one
 * page.
 */
const EARLIER_ACCOUNTS = 50;

export const diskBenchmark: Benchmark = {
  name: 'disk',
  title: 'Bytes on disk',
  method: `By how much the database file grows per account that has signed up, verified its address and signed in once: the difference between the file with ${EARLIER_ACCOUNTS} accounts and the file with ${ACCOUNTS} more, divided by ${ACCOUNTS}. The server has stopped, so the write-ahead log is empty. The size of each table includes its indexes (SQLite's dbstat). The limit is the size of the keys and values of the records on the log, each stored once. Without the mails in the development mailbox.`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-disk-'));
    try {
      await startAndAddAccounts(folder, EARLIER_ACCOUNTS);
      const before = measureFile(folder);
      await startAndAddAccounts(folder, ACCOUNTS);
      return figuresOf(before, measureFile(folder));
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function startAndAddAccounts(folder: string, many: number): Promise<void> {
  await using server = await startBenchmarkServer({ DATA_DIR: folder });
  await addAccounts(server.people, many);
}

interface FileSize {
  /** The total size of the database pages of each table, including its indexes, in bytes. */
  readonly tables: ReadonlyMap<string, number>;
  /** The total size of the keys and values of all records on the log, in bytes. */
  readonly records: number;
}

const SQL = {
  tables: `SELECT coalesce(tbl_name, stat.name) AS name, sum(pgsize) AS bytes
    FROM dbstat AS stat LEFT JOIN sqlite_schema AS entry ON entry.name = stat.name
    WHERE aggregate = TRUE GROUP BY 1`,
  records: 'SELECT sum(length(key) + length(value)) AS bytes FROM bus_record',
} as const;

function measureFile(folder: string): FileSize {
  const connection = new DatabaseSync(join(folder, 'latchkey.sqlite'), { readOnly: true });
  try {
    const rows = connection.prepare(SQL.tables).all();
    return {
      tables: new Map(
        rows
          .map(({ name, bytes }) => [String(name), Number(bytes)] as const)
          .filter(([name]) => !name.startsWith('mailbox_')),
      ),
      records: Number(connection.prepare(SQL.records).get()?.['bytes']),
    };
  } finally {
    connection.close();
  }
}

function figuresOf(before: FileSize, after: FileSize): readonly BenchmarkFigure[] {
  const tables = [...after.tables]
    .map(([name, bytes]) => ({ name, bytes: perAccount(before.tables.get(name) ?? 0, bytes) }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
  const whole: BenchmarkFigure = {
    what: 'file, per account (limit: the records)',
    unit: 'B',
    limit: perAccount(before.records, after.records),
    measured: tables.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  return [whole, ...tables.map(({ name, bytes }) => ({ what: name, unit: 'B', measured: bytes }) as const)];
}

function perAccount(before: number, after: number): number {
  return (after - before) / ACCOUNTS;
}
