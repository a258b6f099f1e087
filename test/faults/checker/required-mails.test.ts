import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJournal } from './journal.ts';
import { computeRequiredMails, listMailsSupersededBy } from './required-mails.ts';
import type { EventData } from './stored.ts';
import { ADA_ID, createCommit, createEvent, formatMinuteOfRun } from './testing/good-run.ts';

const person = { email: 'ada@example.com', username: 'ada' };
const link = { sealed: 'x', expiresAt: formatMinuteOfRun(60) };

function owedFor(type: string, data: EventData) {
  return computeRequiredMails(
    createJournal([createCommit(ADA_ID, [1, 1], 'c', [createEvent(type, formatMinuteOfRun(0), data)])]),
  );
}

function mailsFor(type: string, data: EventData) {
  return owedFor(type, data).map(({ mail, to }) => `${mail} ${to}`);
}

describe('the required mails', () => {
  const cases: readonly (readonly [string, EventData, ...(readonly string[])])[] = [
    ['UserRegistered', { person, verification: link }, 'verify-email ada@example.com'],
    ['UserRegistered', { person }, 'account-exists ada@example.com'],
    ['UserRegistered', { person: null, verification: link }],
    ['VerificationRequested', { person, verification: link }, 'verify-email ada@example.com'],
    ['VerificationRequested', { person }],
    ['AccountVerified', { person }, 'welcome ada@example.com'],
    ['PasswordResetRequested', { person, reset: link, verifies: false }, 'reset-password ada@example.com'],
    ['PasswordResetRequested', { person, reset: link, verifies: true }, 'choose-password ada@example.com'],
    ['PasswordResetRequested', { person, verifies: false }],
    ['PasswordChanged', { person, how: 'change' }, 'password-changed ada@example.com'],
    ['PasswordChanged', { person, how: 'first' }],
    ['RoleChanged', { person, role: 'admin' }, 'role-changed ada@example.com'],
    ['MailRequested', { person: { recipients: ['a@b.c', 'd@e.f'] } }, 'welcome a@b.c', 'welcome d@e.f'],
    ['AccountDisabled', { person: {} }],
    ['AccountDisabled', { person, locale: 'en' }, 'account-disabled ada@example.com'],
    ['OwnerAlerted', { person, reason: 'locked-out' }, 'locked-out ada@example.com'],
    ['OwnerAlerted', { person, reason: 'new-sign-in' }, 'new-sign-in ada@example.com'],
    ['SessionsRevoked', { reason: 'admin' }],
  ];
  for (const [type, data, ...mails] of cases) {
    test(`for ${type} with ${Object.keys(data)}: ${mails.join(', ') || 'nothing'}`, () =>
      assert.deepEqual(mailsFor(type, data), mails));
  }

  test('have an id that is a name-based UUID of event, mail and recipient', () => {
    const event = {
      ...createEvent('AccountVerified', formatMinuteOfRun(0), { person }),
      id: '01900000-0000-7000-9000-000000000001',
    };
    const [mail] = computeRequiredMails(createJournal([createCommit(ADA_ID, [1, 1], 'c', [event])]));
    assert.equal(mail?.id, '7ba35225-bc98-5179-817a-ad5875b5336b');
  });

  test('may be sent for three days; with a link, until five minutes before it expires, or for half of its lifetime', () => {
    function until(type: string, data: EventData) {
      return owedFor(type, data)[0]?.sendUntil;
    }
    assert.equal(until('AccountVerified', { person }), Date.parse(formatMinuteOfRun(72 * 60)));
    assert.equal(until('UserRegistered', { person, verification: link }), Date.parse(formatMinuteOfRun(55)));
    const short = { ...link, expiresAt: formatMinuteOfRun(4) };
    assert.equal(until('UserRegistered', { person, verification: short }), Date.parse(formatMinuteOfRun(2)));
  });
});

describe('the superseded mails', () => {
  function by(type: string, data: EventData) {
    return listMailsSupersededBy({
      ...createEvent(type, formatMinuteOfRun(0), data),
      subject: ADA_ID,
      sequence: 1,
      commit: createCommit(ADA_ID, [1, 1], 'c', []),
    });
  }

  test('are those that newer links, new passwords and closed accounts make pointless', () => {
    assert.deepEqual(by('UserRegistered', { verification: link }), ['verification']);
    assert.deepEqual(by('UserRegistered', {}), []);
    assert.deepEqual(by('VerificationRequested', { verification: link }), ['verification']);
    assert.deepEqual(by('AccountVerified', {}), ['verification']);
    assert.deepEqual(by('PasswordResetRequested', { reset: link }), ['reset']);
    assert.deepEqual(by('PasswordResetRequested', {}), []);
    assert.deepEqual(by('PasswordChanged', { how: 'first' }), ['verification', 'reset', 'email-change']);
    assert.deepEqual(by('EmailChanged', {}), ['reset', 'email-change', 'email-undo']);
    assert.deepEqual(by('RegistrationEnded', { reason: 'expired' }), ['everything']);
    assert.deepEqual(by('AccountDisabled', {}), ['everything']);
    assert.deepEqual(by('ProfileChanged', {}), []);
  });
});
