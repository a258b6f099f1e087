import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DiskFullError, StoreUnavailable } from '@latchkey/store';
import {
  createSqliteStore,
  type Database,
  DataFolderError,
  type OpenDatabaseOptions,
  openDatabase,
} from './index.ts';

let root: string;
let folder: string;
let opened: Database[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'latchkey-sqlite-'));
  folder = join(root, 'data');
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await rm(root, { recursive: true });
});

function openAs(as: OpenDatabaseOptions['as']): Database {
  const database = openDatabase({ folder, as });
  opened.push(database);
  return database;
}

function openWithTable(): Database {
  const database = openAs('server');
  database.exec('CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL UNIQUE)');
  return database;
}

function add(database: Database, text: string) {
  return () => {
    database.prepare('INSERT INTO note VALUES (?)').run(text);
    return text;
  };
}

function notes(database: Database) {
  return database
    .prepare('SELECT text FROM note ORDER BY rowid')
    .all()
    .map(({ text }) => text);
}

/** Runs work on a separate connection, which sees the same data as another process would see. */
function raw<T>(use: (connection: DatabaseSync) => T): T {
  const connection = new DatabaseSync(join(folder, 'latchkey.sqlite'));
  try {
    return use(connection);
  } finally {
    connection.close();
  }
}

function refuses(pattern: RegExp) {
  return assert.throws(
    () => openAs('server'),
    (error: Error) => {
      assert.ok(error instanceof DataFolderError, String(error));
      assert.match(error.message, pattern);
      assert.ok(!error.message.includes('\n'));
      return true;
    },
  );
}

/**
 * Runs a program in a child process. In the program, `database` is an open database with a table. Resolves
 * once the program has printed something.
 */
async function childThatPrinted(t: TestContext, program: string) {
  const preamble = `
    import { openDatabase } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
    const database = openDatabase({ folder: ${JSON.stringify(folder)}, as: 'server' });
    database.exec('CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL UNIQUE)');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', preamble + program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('a write', () => {
  it('gives back what its work returned', async () => {
    assert.equal(await openWithTable().write(() => 42), 42);
  });

  it('shares its commit with those that wait at the same time, in their order', async () => {
    const database = openWithTable();
    async function frames() {
      return (await stat(join(folder, 'latchkey.sqlite-wal'))).size;
    }
    const empty = await frames();
    await Promise.all(Array.from({ length: 100 }, (_, n) => database.write(add(database, `n${n}`))));
    const together = (await frames()) - empty;
    assert.deepEqual(
      notes(database),
      Array.from({ length: 100 }, (_, n) => `n${n}`),
    );
    for (let n = 0; n < 10; n++) await database.write(add(database, `alone${n}`));
    const apart = (await frames()) - empty - together;
    assert.ok(together < apart, `100 together: ${together} bytes of log; 10 apart: ${apart}`);
  });

  it('that throws is rolled back alone', async () => {
    const database = openWithTable();
    const results = await Promise.allSettled([
      database.write(add(database, 'before')),
      database.write(() => {
        add(database, 'undone')();
        throw new Error('changed my mind');
      }),
      database.write(add(database, 'after')),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(notes(database), ['before', 'after']);
  });

  it('that throws by itself leaves nothing behind, and the next one succeeds', async () => {
    const database = openWithTable();
    await assert.rejects(
      database.write(() => {
        add(database, 'undone')();
        throw new Error('changed my mind');
      }),
      /changed my mind/,
    );
    await database.write(add(database, 'next'));
    assert.deepEqual(notes(database), ['next']);
  });

  it('is not visible elsewhere before its commit, and is once it resolves', async () => {
    const database = openWithTable();
    function count() {
      return raw((connection) => connection.prepare('SELECT count(*) AS n FROM note').get()?.['n']);
    }
    const written = database.write(() => {
      add(database, 'one')();
      return count();
    });
    assert.equal(await written, 0);
    assert.equal(count(), 1);
  });

  it('rejects with all others if the commit fails', async () => {
    const database = openWithTable();
    const results = await Promise.allSettled([
      database.write(add(database, 'one')),
      database.write(() => void database.exec('ROLLBACK')),
      database.write(add(database, 'two')),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.deepEqual(notes(database), []);
    await database.write(add(database, 'three'));
  });

  it('refuses a work that is not synchronous', async () => {
    const database = openWithTable();
    const work: () => unknown = async () => add(database, 'late')();
    await assert.rejects(database.write(work as () => undefined), TypeError);
    assert.deepEqual(notes(database), []);
  });

  it('waits for another process that writes, without holding up the event loop', async () => {
    const database = openWithTable();
    const other = new DatabaseSync(join(folder, 'latchkey.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    let written = false;
    const write = database.write(add(database, 'patient')).then(() => {
      written = true;
    });
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    assert.equal(written, false);
    other.exec('COMMIT');
    other.close();
    await write;
    assert.deepEqual(notes(database), ['patient']);
  });

  it('that has resolved survives kill -9', async (t) => {
    const child = await childThatPrinted(
      t,
      `
      await Promise.all(['a', 'b'].map((text) => database.write(() => {
        database.prepare('INSERT INTO note VALUES (?)').run(text);
      })));
      console.log('written');`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(notes(openAs('server')), ['a', 'b']);
  });
});

describe('a write that may wait for others', { timeout: 120_000 }, () => {
  const LONG = { commitDelay: 2 ** 31 - 1 };

  it('goes with the next one that may not, in their order', async () => {
    const database = openWithTable();
    const patient = database.write(add(database, 'patient'), LONG);
    await database.write(add(database, 'at once'));
    assert.equal(await patient, 'patient');
    assert.deepEqual(notes(database), ['patient', 'at once']);
  });

  it('is written once the shortest delay is over, with all that wait', async (t) => {
    const database = openWithTable();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let together = false;
    const zero = database.write(add(database, 'zero'), LONG);
    const one = database.write(add(database, 'one'), { commitDelay: 50 });
    t.mock.timers.tick(49);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(notes(database), [], 'it waits');
    const two = database.write(() => {
      add(database, 'two')();
      together = raw((connection) => connection.prepare('SELECT 1 FROM note').get()) === undefined;
    }, LONG);
    t.mock.timers.tick(1);
    await Promise.all([zero, one, two]);
    assert.ok(together, 'one commit for all');
    assert.deepEqual(notes(database), ['zero', 'one', 'two']);
  });

  it('is written at once if the database is closed', async () => {
    const database = openWithTable();
    const patient = database.write(add(database, 'patient'), LONG);
    await database.close();
    assert.equal(await patient, 'patient');
    assert.deepEqual(notes(openAs('server')), ['patient']);
  });
});

describe('a write that need not be flushed', () => {
  /**
   * Returns work for `write` that reads the `synchronous` mode of the current transaction: 2 for FULL, 1 for
   * NORMAL (https://sqlite.org/pragma.html#pragma_synchronous).
   */
  function synchronous(database: Database) {
    return () => database.prepare('PRAGMA synchronous').get()?.['synchronous'];
  }

  it('is committed without a flush, and the next ordinary one with it', async () => {
    const database = openWithTable();
    assert.equal(await database.write(synchronous(database), { flushed: false }), 1);
    assert.equal(await database.write(synchronous(database)), 2);
  });

  it('is flushed with those that wait at the same time and are to be', async () => {
    const database = openWithTable();
    const later = database.write(synchronous(database), { flushed: false });
    const now = database.write(synchronous(database));
    assert.deepEqual(await Promise.all([later, now]), [2, 2]);
  });

  it('is visible elsewhere once it resolves', async () => {
    const database = openWithTable();
    await database.write(add(database, 'one'), { flushed: false });
    assert.deepEqual(
      raw((connection) => connection.prepare('SELECT text FROM note').all().length),
      1,
    );
  });

  it('survives kill -9', async (t) => {
    const child = await childThatPrinted(
      t,
      `
      await database.write(() => void database.prepare("INSERT INTO note VALUES ('kept')").run(), { flushed: false });
      console.log('written');
    `,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(notes(openWithTable()), ['kept']);
  });
});

describe('closing', () => {
  it('waits for the writes in progress, and is idempotent', async () => {
    const database = openWithTable();
    const writes = ['a', 'b'].map((text) => database.write(add(database, text)));
    await database.close();
    await database.close();
    assert.deepEqual(await Promise.all(writes), ['a', 'b']);
    assert.deepEqual(notes(openAs('server')), ['a', 'b']);
  });

  it('lets later requests fail with a clear error', async () => {
    const database = openWithTable();
    await database.close();
    await assert.rejects(
      database.write(() => 1),
      /database is closed/,
    );
    assert.throws(() => database.prepare('SELECT 1'), /database is closed/);
    assert.throws(() => database.exec('SELECT 1'), /database is closed/);
  });
});

describe('a database', () => {
  it('prepares a statement once', () => {
    const database = openAs('server');
    assert.equal(database.prepare('SELECT 1'), database.prepare('SELECT 1'));
  });

  it('reports its size', async () => {
    const database = openWithTable();
    const before = database.size();
    assert.ok(before > 0);
    await database.write(add(database, 'x'.repeat(100_000)));
    assert.ok(database.size() >= before + 100_000);
  });

  it('keeps the changes of a large commit in memory until then', async () => {
    const database = openWithTable();
    async function written() {
      return (await stat(join(folder, 'latchkey.sqlite-wal'))).size;
    }
    const before = await written();
    const meanwhile = await database.write(() => {
      for (let n = 0; n < 1000; n++) add(database, `${n} ${'x'.repeat(2000)}`)();
      return statSync(join(folder, 'latchkey.sqlite-wal')).size;
    });
    assert.equal(meanwhile, before);
    assert.ok((await written()) > before);
  });

  it('is private to its user, in WAL mode, and flushes every commit', async () => {
    const database = openWithTable();
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(folder, 'latchkey.sqlite'))).mode & 0o777, 0o600);
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    assert.equal(database.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
    assert.equal(database.prepare('PRAGMA foreign_keys').get()?.['foreign_keys'], 0);
  });
});

describe('a data folder', () => {
  it('is refused to a second server, and free again once the first has closed', async () => {
    const first = openAs('server');
    refuses(/held by another running server/);
    await first.close();
    openAs('server');
  });

  it('is refused while a server in another process holds it, and free once that was killed', async (t) => {
    // The child process keeps no reference to the database, and forces a garbage collection. The child must
    // still hold the lock on the folder after that.
    const child = await childThatPrinted(t, `setTimeout(() => { gc(); gc(); console.log('open'); });`);
    refuses(/held by another running server/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    openAs('server');
  });

  it('can be opened as shared while a server runs', async () => {
    const server = openWithTable();
    const shared = openAs('shared');
    await Promise.all([server.write(add(server, 'server')), shared.write(add(shared, 'shared'))]);
    assert.deepEqual(notes(server).toSorted(), ['server', 'shared']);
  });

  it('is refused to an exclusive connection while a server holds it, and to a server meanwhile', async () => {
    const server = openAs('server');
    assert.throws(() => openAs('exclusive'), /held by another running server/);
    await server.close();
    const exclusive = openAs('exclusive');
    assert.throws(() => openAs('server'), /held by another running server/);
    await exclusive.close();
    openAs('server');
  });

  it('is neither made nor filled by an exclusive connection', () => {
    const missing = join(folder, 'missing');
    assert.throws(() => openDatabase({ folder: missing, as: 'exclusive' }), /no server has run on it yet/);
    assert.ok(!existsSync(missing));
  });

  it('is neither made nor filled by a shared connection', async () => {
    const missing = join(folder, 'missing');
    for (const unfilled of [missing, root])
      assert.throws(() => openDatabase({ folder: unfilled, as: 'shared' }), /no server has run on it yet/);
    assert.ok(!existsSync(missing));
    assert.ok(!existsSync(join(root, 'latchkey.sqlite')));
  });

  it('is refused if it is a file', async () => {
    await writeFile(folder, '');
    refuses(/not a folder that can be written/);
  });

  it('is refused if it cannot be written', async () => {
    await openAs('server').close();
    const asNobody = process.geteuid?.() === 0;
    chmodSync(root, 0o755);
    chmodSync(folder, 0o555);
    chmodSync(join(folder, 'latchkey.sqlite'), 0o444);
    if (asNobody) process.seteuid?.(65534);
    try {
      refuses(/not writable/);
    } finally {
      if (asNobody) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
  });

  it('is refused if its file is not a database', async () => {
    await openAs('server').close();
    await writeFile(join(folder, 'latchkey.sqlite'), 'something else '.repeat(500));
    refuses(/not a database/);
  });

  it('is refused if its file belongs to another application', async () => {
    await openAs('server').close();
    raw((connection) => connection.exec('PRAGMA application_id = 7'));
    refuses(/another application/);
  });

  it('is refused if its file has tables that nobody marked as ours', async () => {
    await openAs('server').close();
    raw((connection) => connection.exec('PRAGMA application_id = 0; CREATE TABLE theirs (a)'));
    refuses(/another application/);
  });

  it('is refused if a newer version wrote it', async () => {
    await openAs('server').close();
    raw((connection) => connection.exec('PRAGMA user_version = 1000'));
    refuses(/newer version/);
  });

  it('is refused if its file is damaged', async () => {
    const database = openWithTable();
    await Promise.all(
      Array.from({ length: 2000 }, (_, n) => database.write(add(database, `note number ${n}`))),
    );
    await database.close();
    const file = await open(join(folder, 'latchkey.sqlite'), 'r+');
    await file.write(Buffer.alloc(8192, 0xa5), 0, 8192, 4096 * 5);
    await file.close();
    refuses(/damaged/);
  });

  it('is free again after it was refused', async () => {
    await openAs('server').close();
    raw((connection) => connection.exec('PRAGMA user_version = 1000'));
    refuses(/newer version/);
    raw((connection) => connection.exec('PRAGMA user_version = 1'));
    openAs('server');
  });
});

describe('a disk without space', () => {
  /** Limits the file to its current number of pages, which simulates a full disk. */
  function fill(database: Database): void {
    database.exec(`PRAGMA max_page_count = ${database.size() / 4096}`);
  }
  function long(database: Database, letter: string) {
    return database.write(add(database, letter.repeat(200_000)));
  }
  const full = { errcode: 13 };

  it('is known from the first write that fails, whatever else is written, until there is space', async () => {
    const database = openWithTable();
    await database.checkDisk();
    fill(database);
    await database.checkDisk();
    await assert.rejects(long(database, 'a'), full);
    await assert.rejects(database.checkDisk(), full);
    await database.write(() => undefined);
    await assert.rejects(database.checkDisk(), full);

    database.exec('PRAGMA max_page_count = 1000000');
    await database.checkDisk();
    await long(database, 'b');
    await database.checkDisk();
    assert.deepEqual(
      notes(database).map((text) => String(text).slice(0, 1)),
      ['b'],
    );
  });

  it('fails the writes that need space, and no other of the same commit', async () => {
    const database = openWithTable();
    fill(database);
    const [large, small] = await Promise.allSettled([
      long(database, 'a'),
      database.write(add(database, 'b')),
    ]);
    assert.equal(large.status, 'rejected');
    assert.deepEqual(notes(database), small.status === 'fulfilled' ? ['b'] : []);
    await assert.rejects(database.checkDisk(), full);
  });

  it('is reported in plain words by the store', async () => {
    const database = openWithTable();
    database.migrate({ owner: 'notes', migrations: [] });
    const { checkWritable } = createSqliteStore(database);
    fill(database);
    await assert.rejects(long(database, 'a'), full);
    await assert.rejects(checkWritable(), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailable && error.cause instanceof DiskFullError);
      assert.equal(error.message, 'The store cannot be reached: the disk is full');
      return true;
    });
  });
});
