import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestHistory } from '../testing/history.ts';
import { computeProfile, findDifferingFields } from './compare.ts';
import { applyProfileEvent } from './project.ts';

function living() {
  const account = createTestHistory('ada');
  const profile = computeProfile([account.registered(), account.verified()]);
  assert.ok(profile);
  return profile;
}

describe('the fold of an account', () => {
  test('is what the projection makes of its events, one after the other', () => {
    const account = createTestHistory('ada');
    const [first, second] = [account.registered(), account.verified()];
    assert.deepEqual(
      computeProfile([first, second]),
      applyProfileEvent(applyProfileEvent(undefined, first), second),
    );
    assert.equal(computeProfile([]), undefined);
  });
});

describe('two profiles', () => {
  test('that are the same have no differences', () => {
    assert.deepEqual(findDifferingFields(living(), living()), []);
  });

  test('differ in named fields: with another value, missing, or additional', () => {
    const { username: _, ...lacking } = living() as unknown as Record<string, unknown>;
    const stored = { ...lacking, role: 'admin', nickname: null };
    assert.deepEqual(findDifferingFields(stored as never, living()).toSorted(), [
      'nickname',
      'role',
      'username',
    ]);
  });

  test('differ if a field is null in one and absent in the other', () => {
    const { firstName: _, ...lacking } = living() as unknown as Record<string, unknown>;
    assert.deepEqual(findDifferingFields(lacking as never, living()), ['firstName']);
  });
});
