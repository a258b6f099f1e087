import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJournal } from './journal.ts';
import { checkPersonFields } from './person-rules.ts';
import type { Person } from './stored.ts';
import { createCommit, createEvent, FAY_ID, formatMinuteOfRun } from './testing/good-run.ts';

const fay = { email: 'fay@example.com', username: 'fay' };
const moved = { email: 'fay@elsewhere.example', username: 'fay' };
const history: readonly (readonly [string, Person])[] = [
  ['UserRegistered', fay],
  ['AccountVerified', fay],
  ['EmailChangeRequested', { ...fay, newEmail: moved.email }],
  ['EmailChanged', { ...moved, previousEmail: fay.email }],
  ['PasswordChanged', moved],
  ['ProfileChanged', { username: 'countess' }],
  ['EmailChangeReverted', { ...fay, username: 'countess', revertedEmail: moved.email }],
  ['RoleChanged', { ...fay, username: 'countess' }],
];

/**
 * Returns whether the checker reports this rule as violated after the person in the n-th event was changed.
 * Without `n`, nothing is changed.
 */
function isFound(n?: number, change: Person = {}): boolean {
  const commits = history.map(([type, person], index) =>
    createCommit(FAY_ID, [index + 1, index + 1], 'x', [
      createEvent(type, formatMinuteOfRun(index), {
        person: index === n ? { ...person, ...change } : person,
      }),
    ]),
  );
  return checkPersonFields(createJournal(commits)).length > 0;
}

describe('the person in events', () => {
  test('may change by events that change it', () => assert.equal(isFound(), false));

  const faults: readonly (readonly [string, number, Person])[] = [
    ['the name', 1, { username: 'eve' }],
    ['the address', 2, { email: 'eve@example.com' }],
    ['the address that was requested', 3, { email: 'eve@example.com' }],
    ['the address before the change', 3, { previousEmail: 'eve@example.com' }],
    ['the address after the change', 4, { email: fay.email }],
    ['the address that is given back', 6, { email: moved.email }],
    ['the address that is taken away', 6, { revertedEmail: fay.email }],
    ['the name after its change', 7, { username: 'fay' }],
  ];
  for (const [what, n, change] of faults) test(`has ${what}`, () => assert.equal(isFound(n, change), true));
});
