import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeAcceptedIncompatibilities } from './accepted.ts';

const reason = 'The same values were refused before.';

test('only the accepted changes are removed', () => {
  const accepted = [{ reason, changes: ['#/a: it is gone'] }];
  assert.deepEqual(removeAcceptedIncompatibilities(['#/a: it is gone', '#/b: it is gone'], accepted), [
    '#/b: it is gone',
  ]);
});

test('an accepted change that is not found is reported', () => {
  const [fault = ''] = removeAcceptedIncompatibilities([], [{ reason, changes: ['#/a: it is gone'] }]);
  assert.match(fault, /there is no such change: #\/a: it is gone/);
});

test('a change is only accepted with a reason', () => {
  assert.deepEqual(removeAcceptedIncompatibilities(['x'], [{ reason: ' ', changes: ['x'] }]), ['x']);
});
