import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { createClient } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { createMailbox } from '../../support/mailbox.ts';
import { createPersonActions, createUniquePerson } from '../../support/people.ts';
import { runUntilExit, type Standalone, startStandalone } from '../../support/standalone.ts';
import {
  createReplacedRowsSettings,
  readDataFolder,
  readReplacedRows,
  readUnfinishedWork,
} from '../system/data-folder.ts';
import { checkErasedCommits, checkReplacedRows } from './erased-data.ts';
import { checkOriginalEventsAreKnown, restoreErasedCommits, restoreErasedRecords } from './erasure-rules.ts';
import { findTracesInFolder } from './find-folder-traces.ts';
import { createJournal } from './journal.ts';
import type { ReplacedRows, StoreContents } from './stored.ts';

describe('the data folder of a standalone that has erased an account', () => {
  const ada = createUniquePerson();
  let system: Standalone;
  let rowsFile: string;
  let replaced: ReplacedRows;
  let stores: StoreContents;

  async function restart(): Promise<void> {
    await system.kill();
    await system.start();
  }

  before(async () => {
    rowsFile = join(await mkdtemp(join(tmpdir(), 'latchkey-rows-')), 'replaced.jsonl');
    await writeFile(rowsFile, '');
    const settings = createReplacedRowsSettings(rowsFile);
    system = await startStandalone(settings);
    const people = createPersonActions(createClient(system.url), createMailbox(system.mailbox));
    await people.verified(ada);
    // Restart the standalone, because the triggers that record replaced rows are created only if the tables
    // already exist.
    await restart();
    // Run the command as a process, so that the rows that it replaces are recorded, too.
    const ended = await runUntilExit(
      { DATA_DIR: system.folder, ...settings },
      { ops: ['erase', ada.email, '--now'] },
    );
    assert.equal(ended.code, 0, ended.stderr);
    await eventually('the account is erased', () => isErased(readDataFolder(system.folder)));
    await eventually('everything is done', () =>
      Object.values(readUnfinishedWork(system.folder)).every((left) => left === 0),
    );
    replaced = await readReplacedRows(rowsFile);
    stores = readDataFolder(system.folder);
  });
  after(async () => {
    await system?.stop();
    await rm(join(rowsFile, '..'), { recursive: true });
  });

  test('is recorded as it was before the erasure', () => {
    const records = restoreErasedRecords(stores.records, replaced.records);
    assert.deepEqual(checkOriginalEventsAreKnown(stores.commits, records, replaced.commits), []);
    const [events] = createJournal(
      restoreErasedCommits(stores.commits, records, replaced.commits),
    ).events.values();
    assert.deepEqual(
      events?.map(({ type, data }) => [type, data.person?.username]),
      [
        ['UserRegistered', ada.username],
        ['AccountVerified', ada.username],
        ['AccountErasureRequested', undefined],
        ['SessionsRevoked', undefined],
        ['AccountErased', undefined],
      ],
    );
    assert.equal(JSON.parse(records[0]?.payload ?? '').person.email, ada.email);
    assert.equal(JSON.parse(stores.records[0]?.payload ?? '').person, null);
  });

  test('has lost the personal data, and nothing else', () => {
    assert.deepEqual(checkErasedCommits(stores.commits), []);
    assert.deepEqual(checkReplacedRows(stores, replaced), []);
  });

  test('has no trace of the person, until one is written into a row or left in a free page', async () => {
    assert.deepEqual(await findTracesInFolder(system.folder, rowsFile), { traces: [], searched: 1 });
    const [account = ''] = stores.commits.map(({ stream }) => stream);
    await system.end();
    const database = new DatabaseSync(join(system.folder, 'latchkey.sqlite'));
    try {
      database.exec('PRAGMA secure_delete = OFF; CREATE TABLE note (text TEXT)');
      database.prepare('INSERT INTO note VALUES (?)').run(`for ${ada.email}`);
      const { traces } = await findTracesInFolder(system.folder, rowsFile, 0);
      assert.deepEqual(traces.map((trace) => trace.place).toSorted(), [
        'a row of note',
        'latchkey.sqlite-wal',
      ]);
      database.exec('DROP TABLE note; PRAGMA wal_checkpoint(TRUNCATE)');
      assert.deepEqual(await findTracesInFolder(system.folder, rowsFile, 0), {
        traces: [{ account, place: 'latchkey.sqlite' }],
        searched: 1,
      });
    } finally {
      database.close();
    }
  });
});

function isErased({ commits }: StoreContents): boolean {
  const [last] = commits.toSorted((a, b) => b.number - a.number);
  return last?.events.at(-1)?.type === 'AccountErased';
}
