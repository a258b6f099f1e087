import assert from 'node:assert/strict';
import { constants, DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { prepareWithFixedPlan } from './fixed-plan.ts';

test('a statement is planned once, whatever its limits', () => {
  using connection = new DatabaseSync(':memory:');
  connection.exec('CREATE TABLE number (n INTEGER PRIMARY KEY); INSERT INTO number VALUES (1), (2), (3)');
  const named = prepareWithFixedPlan(connection, 'SELECT n FROM number WHERE n >= :from LIMIT :limit');
  const anonymous = prepareWithFixedPlan(
    connection,
    'SELECT n FROM number WHERE n IN (SELECT n FROM number WHERE n >= ? LIMIT ?)',
  );
  let planned = 0;
  // SQLite calls the authorizer each time it plans a statement, so count the calls.
  connection.setAuthorizer(() => {
    planned += 1;
    return constants.SQLITE_OK;
  });
  function numbers(from: number, limit: number) {
    return [named.all({ from, limit }), anonymous.all(from, limit)].map((rows) => rows.map(({ n }) => n));
  }
  // Setting an authorizer makes SQLite plan all statements again. Run the statements once before the test, so
  // that these plans are not counted.
  numbers(1, 1);
  assert.notEqual(planned, 0);
  planned = 0;
  assert.deepEqual(numbers(1, 2), [
    [1, 2],
    [1, 2],
  ]);
  assert.deepEqual(numbers(2, 1), [[2], [2]]);
  assert.deepEqual(numbers(2, -1), [
    [2, 3],
    [2, 3],
  ]);
  assert.equal(planned, 0);
});
