import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  assertOutcome,
  type ConformanceCase,
  cases,
  type Outcome,
  outcomeOf,
} from '../scripts/conformance.ts';
import { decode } from '../src/index.ts';

const PYTHON = join(import.meta.dirname, '../../../examples/subscribers/python/subscriber.py');

describe('the conformance kit', () => {
  for (const each of cases)
    test(`is passed by the example in Python: ${each.name}`, async () => {
      assertOutcome(await outcomeOf(['python3', PYTHON, '--stdin'], each.records), each);
    });

  test('has records that are what their names say', () => {
    const kinds = cases.flatMap(({ records }) => records.map((record) => decode(rawOf(record)).kind));
    assert.deepEqual(new Set(kinds), new Set(['event', 'unknown-type', 'undecodable', 'unusable']));
  });

  test('notices a consumer that counts nothing, one that loses an event, and one that changes the order', () => {
    const [first] = cases;
    assert.ok(first !== undefined);
    const { handled, accounts } = first.expected;
    const wrong: readonly Outcome[] = [
      { handled: [], accounts: [] },
      { handled: handled.slice(1), accounts },
      { handled: handled.toReversed(), accounts },
      { handled, accounts: accounts.map((account) => ({ ...account, parked: 'gap' })) },
    ];
    for (const outcome of wrong) assert.throws(() => assertOutcome(outcome, first), assert.AssertionError);
  });
});

function rawOf({ key, value, headers }: ConformanceCase['records'][number]) {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}
