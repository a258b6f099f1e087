import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rethrowRefusalAsOperatorError } from './ops-refusals.ts';
import { Refused } from './refused.ts';

test('an operator reads in one line why a command was refused', () => {
  for (const [kind, line] of [
    ['conflict', 'ada@example.com was changed at the same time: try again'],
    ['last_admin', 'ada@example.com is the last admin: make another account an admin first'],
    ['not_found', 'there is no account ada@example.com, or it has ended already'],
  ] as const)
    assert.throws(() => rethrowRefusalAsOperatorError('ada@example.com')(new Refused(kind)), new Error(line));
});

test('any other error is passed on as it is', () => {
  const outage = new Error('the store is away');
  assert.throws(() => rethrowRefusalAsOperatorError('ada@example.com')(outage), outage);
});
