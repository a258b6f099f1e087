import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeProfile, toProfileDocument } from './fold.ts';
import { createJournal } from './journal.ts';
import type { EventData } from './stored.ts';
import { ADA_ID, createCommit, createEvent, formatMinuteOfRun } from './testing/good-run.ts';

const signUp: readonly [string, EventData] = [
  'UserRegistered',
  { userId: ADA_ID, role: 'user', locale: 'en', person: { email: 'Ada@example.com', username: 'Ada' } },
];

/** Returns the events of one account, one minute apart. */
function eventsOf(...events: readonly (readonly [type: string, data: EventData])[]) {
  const commits = events.map(([type, data], index) =>
    createCommit(ADA_ID, [index + 1, index + 1], `c-${index}`, [
      createEvent(type, formatMinuteOfRun(index), data),
    ]),
  );
  return createJournal(commits).events.get(ADA_ID) ?? [];
}

function after(...events: readonly (readonly [string, EventData])[]) {
  return computeProfile(ADA_ID, eventsOf(signUp, ...events));
}

describe('the fold of an account', () => {
  test('begins with the data of the sign-up', () => {
    assert.deepEqual(after(), {
      ended: false,
      id: ADA_ID,
      sequence: 1,
      email: 'Ada@example.com',
      username: 'Ada',
      firstName: null,
      lastName: null,
      role: 'user',
      locale: 'en',
      isVerified: false,
      disabled: false,
      createdAt: formatMinuteOfRun(0),
      updatedAt: formatMinuteOfRun(0),
      passwordChangedAt: null,
      revokedAt: 0,
    });
  });

  test('applies the data of each event, and counts events that change nothing', () => {
    const person = { email: 'Ada@example.com', username: 'Ada' };
    const changed = after(
      ['VerificationRequested', { person }],
      ['AccountVerified', { person }],
      ['PasswordResetRequested', { person }],
      ['PasswordChanged', { person }],
      ['SessionsRevoked', { reason: 'password-changed' }],
      ['ProfileChanged', { person: { firstName: 'Ada', username: 'countess' }, locale: 'de' }],
      ['RoleChanged', { person, role: 'admin' }],
      ['AccountDisabled', { person: {} }],
      ['SomethingNew', {}],
    );
    assert.deepEqual(changed, {
      ...after(),
      sequence: 10,
      updatedAt: formatMinuteOfRun(9),
      isVerified: true,
      passwordChangedAt: formatMinuteOfRun(4),
      revokedAt: 6,
      firstName: 'Ada',
      username: 'countess',
      locale: 'de',
      role: 'admin',
      disabled: true,
    });
    assert.equal(after(['AccountDisabled', {}], ['AccountEnabled', {}]).disabled, false);
  });

  test('contains no name once the person is erased; an erased reason of an admin changes no name', () => {
    function names({ email, username }: ReturnType<typeof after>) {
      return [email, username];
    }
    assert.deepEqual(names(after(['AccountVerified', { person: null }])), [null, null]);
    assert.deepEqual(names(after(['ProfileChanged', { person: null }])), [null, null]);
    assert.deepEqual(names(after(['AccountDisabled', { person: null }])), ['Ada@example.com', 'Ada']);
  });

  test('can be found by its names in lower case until it has ended', () => {
    const search = { email: 'ada@example.com', username: 'ada' };
    assert.deepEqual(toProfileDocument(ADA_ID, eventsOf(signUp)).search, search);
    assert.deepEqual(
      toProfileDocument(ADA_ID, eventsOf(signUp, ['RegistrationEnded', { reason: 'expired' }])),
      {
        _id: ADA_ID,
        sequence: 2,
        profile: { ended: true, id: ADA_ID, sequence: 2 },
      },
    );
  });
});
