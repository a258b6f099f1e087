import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { catalogue, type LatchkeyEvent } from '@latchkey/events';
import { createTestEvent } from '../testing/events.ts';
import { decideMailReaction } from './reactions.ts';

const person = { email: 'ada@example.com', username: 'ada' };
const token = { sealed: 'e.y.j', expiresAt: '2026-11-22T10:00:00.000Z' };
const locale = 'de';
const to = person.email;
const requestedBy = '0197a000-0000-7000-8000-000000000001';

describe('what the notifier does about an event', () => {
  it('UserRegistered: mails the verification link', () => {
    assert.deepEqual(
      decideMailReaction(
        createTestEvent('UserRegistered', { role: 'user', locale, person, verification: token }),
      ),
      {
        mails: [
          {
            mail: 'verify-email',
            locale,
            content: { to, username: 'ada', link: { purpose: 'verification', ...token } },
          },
        ],
        supersedes: ['verification'],
        erased: false,
      },
    );
  });

  it('UserRegistered without a link: tells the owner, and repeats nothing that was submitted', () => {
    const reaction = decideMailReaction(
      createTestEvent('UserRegistered', { role: 'user', locale, person: { ...person, firstName: 'Eve' } }),
    );
    assert.deepEqual(reaction, {
      mails: [{ mail: 'account-exists', locale, content: { to } }],
      supersedes: [],
      erased: false,
    });
  });

  it('VerificationRequested: a new link, which supersedes older ones', () => {
    const reaction = decideMailReaction(
      createTestEvent('VerificationRequested', { locale, person, verification: token }),
    );
    assert.deepEqual(reaction.mails[0]?.mail, 'verify-email');
    assert.deepEqual(reaction.supersedes, ['verification']);
  });

  it('VerificationRequested and PasswordResetRequested without a link: nothing, and nothing superseded', () => {
    const nothing = { mails: [], supersedes: [], erased: false };
    assert.deepEqual(
      decideMailReaction(createTestEvent('VerificationRequested', { locale, person })),
      nothing,
    );
    assert.deepEqual(
      decideMailReaction(createTestEvent('PasswordResetRequested', { locale, person, verifies: true })),
      nothing,
    );
  });

  it('AccountVerified: welcomes, and cancels verification mails', () => {
    const reaction = decideMailReaction(createTestEvent('AccountVerified', { locale, person }));
    assert.deepEqual(reaction.mails, [{ mail: 'welcome', locale, content: { to, username: 'ada' } }]);
    assert.deepEqual(reaction.supersedes, ['verification']);
  });

  it('PasswordResetRequested: mails the link, to an unverified account as "choose a password"', () => {
    function mailFor(verifies: boolean) {
      return decideMailReaction(
        createTestEvent('PasswordResetRequested', { locale, person, reset: token, verifies }),
      );
    }
    assert.equal(mailFor(false).mails[0]?.mail, 'reset-password');
    assert.equal(mailFor(true).mails[0]?.mail, 'choose-password');
    assert.deepEqual(mailFor(false).mails[0]?.content.link, { purpose: 'reset', ...token });
    assert.deepEqual(mailFor(true).supersedes, ['reset']);
  });

  it('PasswordChanged: a notice, except for a first password, and every link is canceled', () => {
    for (const [how, mails] of [
      ['reset', ['password-changed']],
      ['change', ['password-changed']],
      ['first', []],
    ] as const) {
      const reaction = decideMailReaction(createTestEvent('PasswordChanged', { how, locale, person }));
      assert.deepEqual(
        reaction.mails.map(({ mail }) => mail),
        mails,
      );
      assert.deepEqual(reaction.supersedes, ['verification', 'reset', 'email-change']);
    }
  });

  it('EmailChangeRequested: mails the new address a link, which ends an earlier one', () => {
    const asked = { ...person, newEmail: 'countess@example.com' };
    const reaction = decideMailReaction(
      createTestEvent('EmailChangeRequested', { locale, person: { ...asked, confirmation: token } }),
    );
    assert.deepEqual(reaction, {
      mails: [
        {
          mail: 'confirm-email',
          locale,
          content: { to: asked.newEmail, username: 'ada', link: { purpose: 'email-change', ...token } },
        },
      ],
      supersedes: ['email-change'],
      erased: false,
    });
  });

  it('EmailChangeRequested without a link: tells the owner of the new address, and names nobody', () => {
    const asked = { ...person, newEmail: 'countess@example.com' };
    assert.deepEqual(decideMailReaction(createTestEvent('EmailChangeRequested', { locale, person: asked })), {
      mails: [{ mail: 'email-in-use', locale, content: { to: asked.newEmail } }],
      supersedes: ['email-change'],
      erased: false,
    });
  });

  it('EmailChangeCanceled: ends the link', () => {
    const canceled = decideMailReaction(createTestEvent('EmailChangeCanceled', { canceledBy: 'ops' }));
    assert.deepEqual(canceled, { mails: [], supersedes: ['email-change'], erased: false });
  });

  it('EmailChanged: mails the previous address a link that undoes it, and ends its reset links', () => {
    const changed = { ...person, email: 'countess@example.com', previousEmail: to };
    assert.deepEqual(
      decideMailReaction(createTestEvent('EmailChanged', { locale, person: { ...changed, undo: token } })),
      {
        mails: [
          {
            mail: 'email-changed',
            locale,
            content: {
              to,
              username: 'ada',
              new_email: changed.email,
              link: { purpose: 'email-undo', ...token },
            },
          },
        ],
        supersedes: ['reset', 'email-change', 'email-undo'],
        erased: false,
      },
    );
  });

  it('EmailChangeReverted and EmailChangeSettled: nothing of their own', () => {
    const nothing = { mails: [], supersedes: [], erased: false };
    const back = { ...person, revertedEmail: 'countess@example.com' };
    assert.deepEqual(
      decideMailReaction(createTestEvent('EmailChangeReverted', { locale, person: back })),
      nothing,
    );
    assert.deepEqual(decideMailReaction(createTestEvent('EmailChangeSettled', {})), nothing);
  });

  it('RoleChanged: a notice with the new role', () => {
    const data = { role: 'admin', previousRole: 'user', changedBy: 'ops', locale, person } as const;
    assert.deepEqual(decideMailReaction(createTestEvent('RoleChanged', data)).mails, [
      { mail: 'role-changed', locale, content: { to, username: 'ada', role: 'admin' } },
    ]);
  });

  it('SessionsRevoked: a notice if a refresh token was reused, and nothing otherwise', () => {
    const data = { reason: 'refresh-reuse', locale, person } as const;
    assert.deepEqual(decideMailReaction(createTestEvent('SessionsRevoked', data)), {
      mails: [{ mail: 'sessions-ended', locale, content: { to, username: 'ada', ended: 'all' } }],
      supersedes: [],
      erased: false,
    });
    const [one] = decideMailReaction(
      createTestEvent('SessionsRevoked', { ...data, sessionId: randomUUID() }),
    ).mails;
    assert.equal(one?.content['ended'], 'one');
    assert.equal(
      decideMailReaction(createTestEvent('SessionsRevoked', { ...data, person: null })).erased,
      true,
    );
    for (const other of [{ reason: 'logout-all' }, { reason: 'admin' }, { reason: 'refresh-reuse' }] as const)
      assert.deepEqual(
        decideMailReaction(createTestEvent('SessionsRevoked', other)).mails,
        [],
        'of release 0.1, or their own wish',
      );
  });

  it('OwnerAlerted: a notice of the new sign-in, with what is known of it, or of the lockout', () => {
    const from = { browser: 'Firefox', network: '192.0.2.0/24' };
    const signIn = { reason: 'new-sign-in', locale, person: { ...person, ...from } } as const;
    assert.deepEqual(decideMailReaction(createTestEvent('OwnerAlerted', signIn)), {
      mails: [{ mail: 'new-sign-in', locale, content: { to, username: 'ada', ...from, system: '' } }],
      supersedes: [],
      erased: false,
    });
    const lockout = { reason: 'locked-out', locale, person } as const;
    assert.deepEqual(decideMailReaction(createTestEvent('OwnerAlerted', lockout)).mails, [
      { mail: 'locked-out', locale, content: { to, username: 'ada' } },
    ]);
    for (const reason of ['new-sign-in', 'locked-out'] as const)
      assert.equal(
        decideMailReaction(createTestEvent('OwnerAlerted', { reason, locale, person: null })).erased,
        true,
      );
  });

  it('AccountDisabled: a notice if the event names a person; earlier mails are canceled', () => {
    const data = { changedBy: 'ops', locale, person: { ...person, reason: 'a secret of the admins' } };
    assert.deepEqual(decideMailReaction(createTestEvent('AccountDisabled', data)), {
      mails: [{ mail: 'account-disabled', locale, content: { to, username: 'ada' } }],
      supersedes: ['everything'],
      erased: false,
    });
  });

  it('RegistrationEnded and AccountDisabled: cancel everything pending', () => {
    const ended = decideMailReaction(createTestEvent('RegistrationEnded', { reason: 'expired' }));
    const disabled = decideMailReaction(
      createTestEvent('AccountDisabled', { changedBy: 'ops', person: null }),
    );
    for (const reaction of [ended, disabled]) {
      assert.deepEqual(reaction, { mails: [], supersedes: ['everything'], erased: false });
    }
  });

  it('AccountErasureRequested: the link that undoes it, and no earlier mail', () => {
    const eraseAt = token.expiresAt;
    const data = { requestedBy, eraseAt, locale, person: { ...person, undo: token } };
    assert.deepEqual(decideMailReaction(createTestEvent('AccountErasureRequested', data)), {
      mails: [
        {
          mail: 'erase-account',
          locale,
          content: { to, username: 'ada', link: { purpose: 'erasure', ...token } },
        },
      ],
      supersedes: ['everything'],
      erased: false,
    });
    const untold = decideMailReaction(
      createTestEvent('AccountErasureRequested', { requestedBy, eraseAt, person: {} }),
    );
    assert.deepEqual(untold, { mails: [], supersedes: ['everything'], erased: false });
  });

  it('AccountErasureCanceled and AccountErased: cancel the mail of the request, or everything', () => {
    const canceled = decideMailReaction(
      createTestEvent('AccountErasureCanceled', { canceledBy: requestedBy, disabled: false }),
    );
    assert.deepEqual(canceled, { mails: [], supersedes: ['erasure'], erased: false });
    const erased = decideMailReaction(createTestEvent('AccountErased', {}));
    assert.deepEqual(erased, { mails: [], supersedes: ['everything'], erased: false });
  });

  it('MailRequested: one mail to each recipient', () => {
    const recipients = ['a@example.com', 'b@example.com'];
    const reaction = decideMailReaction(
      createTestEvent('MailRequested', { template: 'welcome', requestedBy, person: { recipients } }),
    );
    assert.deepEqual(
      reaction.mails,
      recipients.map((each) => ({ mail: 'welcome', locale: 'en', content: { to: each } })),
    );
  });

  it('an erased person gets no mail, and is counted; a newer link still supersedes earlier ones', () => {
    const erased = decideMailReaction(
      createTestEvent('VerificationRequested', { locale, person: null, verification: token }),
    );
    assert.deepEqual(erased, { mails: [], supersedes: ['verification'], erased: true });
    const requested = decideMailReaction(createTestEvent('EmailChangeRequested', { locale, person: null }));
    assert.deepEqual(requested, { mails: [], supersedes: ['email-change'], erased: true });
    const changed = decideMailReaction(createTestEvent('EmailChanged', { locale, person: null }));
    assert.deepEqual(changed, {
      mails: [],
      supersedes: ['reset', 'email-change', 'email-undo'],
      erased: true,
    });
  });

  it('events that only concern other consumers cause no reaction', () => {
    const quiet = [
      createTestEvent('ProfileChanged', { person: { firstName: 'Ada' } }),
      createTestEvent('AccountEnabled', { changedBy: 'ops', person: null }),
      createTestEvent('PasswordRehashed', {}),
      createTestEvent('SessionsRevoked', { reason: 'logout-all' }),
    ];
    for (const event of quiet)
      assert.deepEqual(decideMailReaction(event), { mails: [], supersedes: [], erased: false });
  });

  it('every sample of the catalogue has a reaction', () => {
    for (const { type, samples } of Object.values(catalogue)) {
      for (const data of Object.values(samples)) {
        assert.doesNotThrow(() => decideMailReaction(createTestEvent(type, data) as LatchkeyEvent), type);
      }
    }
  });
});
