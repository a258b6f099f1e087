import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGroupCommit } from './group-commit.ts';

/**
 * Queues several writes in the same turn of the event loop. A simulated clock advances only while a write or
 * a commit runs.
 * @param durations how long each write takes, in ms
 * @param commitMs how long each commit takes, in ms
 * @returns for each write, after how many turns of the event loop it was committed, and the stored rows
 */
async function writeAll(durations: readonly number[], commitMs = 0) {
  const connection = new DatabaseSync(':memory:');
  connection.exec('CREATE TABLE note (text TEXT)');
  let clock = 0;
  const prepare = connection.prepare.bind(connection);
  connection.prepare = (sql) => {
    const statement = prepare(sql);
    if (sql !== 'COMMIT') return statement;
    const run = statement.run.bind(statement);
    statement.run = () => {
      clock += commitMs;
      return run();
    };
    return statement;
  };
  const commits = createGroupCommit(connection, () => clock);
  let turn = -1;
  const writes = durations.map((duration, index) => {
    function write(): number {
      connection.prepare('INSERT INTO note VALUES (?)').run(`${index}`);
      clock += duration;
      return index;
    }
    return commits.run(write, { flushed: true, commitDelay: 0 }).then(() => turn);
  });
  let isDone = false;
  const turns = Promise.all(writes).finally(() => {
    isDone = true;
  });
  for (; !isDone; await nextTurn()) turn += 1;
  const stored = connection
    .prepare('SELECT text FROM note')
    .all()
    .map(({ text }) => text);
  connection.close();
  return { turns: await turns, stored };
}

describe('writes that are queued in the same turn', () => {
  test('share a commit if they are short', async () => {
    const { turns, stored } = await writeAll([2, 2, 2, 2]);
    assert.equal(new Set(turns).size, 1);
    assert.deepEqual(stored, ['0', '1', '2', '3']);
  });

  test('are committed in several turns, in order, if they are long', async () => {
    const { turns, stored } = await writeAll([6, 6, 30, 1, 1]);
    const [first = Number.NaN] = turns;
    assert.deepEqual(turns, [first, first, first + 1, first + 2, first + 2]);
    assert.deepEqual(stored, ['0', '1', '2', '3', '4']);
  });

  test('may take as long as the last commit took', async () => {
    const { turns } = await writeAll([6, 6, 15, 15, 15, 1], 25);
    const [first = Number.NaN] = turns;
    assert.deepEqual(turns, [first, first, first + 1, first + 1, first + 2, first + 2]);
  });
});
