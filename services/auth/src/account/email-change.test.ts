import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeLookupKeys, findUnneededAddressClaims } from './claims.ts';
import { decide } from './decide.ts';
import type { FactOf } from './facts.ts';
import {
  accountVerifiedFact,
  adaAddress,
  adaId,
  createAccountDisabledFact,
  createAccountEnabledFact,
  createInstantAfterNoon,
  createPasswordChangedFact,
  createPasswordResetRequestedFact,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
  firstPasswordHash,
  noon,
  strangerId,
} from './testing/ada.ts';
import {
  computeAccountStateAfterFacts,
  computeVerifiedAccountAfterFacts,
  given,
} from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const proven = [createUserRegisteredFact(createTestLink('A')), accountVerifiedFact] as const;
const other = 'countess@example.com';
const [ada, countess] = ['Ada@example.com', 'Countess@example.com'];
const newHash = 'hash of the first password for the new address';
const named = { userId: adaId, locale: 'en' };

function requested(newLink = createTestLink('C')): FactOf<'EmailChangeRequested'> {
  return {
    type: 'EmailChangeRequested',
    data: {
      ...named,
      person: { email: ada, username: 'ada', newEmail: countess, confirmation: newLink.sealed },
    },
    private: {
      address: other,
      passwordHash: newHash,
      link: { hash: newLink.hash, expiresAt: newLink.sealed.expiresAt },
    },
  };
}

/**
 * The fact that somebody has requested a change to an address that belongs to another account. Its link is
 * withheld.
 */
const withheld: FactOf<'EmailChangeRequested'> = {
  type: 'EmailChangeRequested',
  data: { ...named, person: { email: ada, username: 'ada', newEmail: countess } },
  private: {
    address: other,
    passwordHash: newHash,
    withheldUntil: createInstantAfterNoon(HOUR).toISOString(),
  },
};

const undoLink = createTestLink('U', createInstantAfterNoon(168 * HOUR));
const changed: FactOf<'EmailChanged'> = {
  type: 'EmailChanged',
  data: {
    ...named,
    person: { email: countess, username: 'ada', previousEmail: ada, undo: undoLink.sealed },
  },
  private: {
    address: other,
    passwordHash: newHash,
    link: { hash: undoLink.hash, expiresAt: undoLink.sealed.expiresAt },
  },
};
const reverted: FactOf<'EmailChangeReverted'> = {
  type: 'EmailChangeReverted',
  data: { ...named, person: { email: ada, username: 'ada', revertedEmail: countess } },
  private: { address: adaAddress },
};
const settled = { type: 'EmailChangeSettled', data: { userId: adaId } } as const;

const ask = {
  type: 'RequestEmailChange',
  address: other,
  email: countess,
  checkedHash: firstPasswordHash,
  passwordHash: newHash,
  link: createTestLink('C'),
  owner: undefined,
  now: noon,
} as const;

const byPassword = { kind: 'password', passwordHash: firstPasswordHash } as const;
const confirm = {
  type: 'ConfirmEmailChange',
  tokenHash: createTestLink('C').hash,
  now: noon,
  owner: undefined,
  proof: byPassword,
  undo: undoLink,
} as const;

const undo = {
  type: 'UndoEmailChangeByOwner',
  tokenHash: undoLink.hash,
  now: noon,
  passwordHash: 'chosen',
} as const;

const pending = [...proven, requested()] as const;
const moved = [...pending, changed] as const;
const back = [
  reverted,
  createPasswordChangedFact('reset', 'chosen'),
  createSessionsRevokedFact('password-changed'),
] as const;

describe('asking for another address', () => {
  test('creates a link to the new address, and changes nothing else', () => {
    given(...proven)
      .when(ask)
      .thenHappens(requested());
    const state = computeVerifiedAccountAfterFacts(...pending);
    assert.deepEqual([state.address, state.email, state.passwordHash], [adaAddress, ada, firstPasswordHash]);
  });

  test('appends the same event for an address of another account, but without a link', () => {
    given(...proven)
      .when({ ...ask, owner: strangerId })
      .thenHappens(withheld);
  });

  test('ends an earlier link, even if its own is withheld', () => {
    for (const again of [requested(createTestLink('D')), withheld])
      given(...pending, again)
        .when(confirm)
        .thenRefused('token_invalid');
  });

  test('needs the current password of the account', () => {
    given(...proven, createPasswordChangedFact('change', 'newer'))
      .when(ask)
      .thenRefused('password_incorrect');
  });

  test('is refused for the address that the account has', () => {
    given(...proven)
      .when({ ...ask, address: adaAddress })
      .thenRefused('email_unchanged');
  });

  test('is refused as long as the last change can be undone, so that its link leads back to its address', () => {
    const again = { ...ask, address: 'third@example.com', checkedHash: newHash };
    given(...moved)
      .when({ ...again, now: createInstantAfterNoon(168 * HOUR - 1) })
      .thenRefused('email_change_recent');
    assert.equal(
      decide(computeAccountStateAfterFacts(...moved), { ...again, now: createInstantAfterNoon(168 * HOUR) })
        .facts[0]?.type,
      'EmailChangeRequested',
    );
  });

  test('is for verified accounts that are not disabled', () => {
    for (const past of [
      [],
      [createUserRegisteredFact(createTestLink('A'))],
      [...proven, createAccountDisabledFact()],
    ])
      given(...past)
        .when(ask)
        .thenRefused('account_not_verified');
  });
});

describe('a link to a new address', () => {
  test('changes the address with the password, and replaces the hash by that for the new address', () => {
    given(...pending)
      .when(confirm)
      .thenHappens(changed);
    const state = computeVerifiedAccountAfterFacts(...moved);
    assert.deepEqual([state.address, state.email, state.passwordHash], [other, countess, newHash]);
  });

  test('changes it with a session of the account', () => {
    const holders = [{ userId: adaId, since: 2 }];
    given(...pending)
      .when({ ...confirm, proof: { kind: 'holder', holders } })
      .thenHappens(changed);
  });

  test('changes nothing alone, with a wrong password, or with a session that has ended or belongs to another account', () => {
    for (const proof of [
      { kind: 'password', passwordHash: 'other' },
      { kind: 'holder', holders: [] },
      { kind: 'holder', holders: [{ userId: strangerId, since: 9 }] },
      { kind: 'holder', holders: [{ userId: adaId, since: 2 }] },
    ] as const)
      given(...proven, createSessionsRevokedFact('logout-all'), requested())
        .when({ ...confirm, proof })
        .thenRefused('password_required');
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(...pending)
      .when({ ...confirm, now: createInstantAfterNoon(HOUR - 1) })
      .thenHappens(changed);
    given(...pending)
      .when({ ...confirm, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('is refused once another account has verified the address', () => {
    given(...pending)
      .when({ ...confirm, owner: strangerId })
      .thenRefused('token_invalid');
  });

  test('is no error if it is used again', () => {
    given(...moved)
      .when({ ...confirm, now: createInstantAfterNoon(HOUR) })
      .thenNothing();
  });

  test('dies when the password is changed, and when the account is disabled', () => {
    for (const end of [
      [createPasswordChangedFact('change', 'newer')],
      [createAccountDisabledFact()],
      [createAccountDisabledFact(), createAccountEnabledFact()],
    ])
      given(...pending, ...end)
        .when(confirm)
        .thenRefused('token_invalid');
  });

  test('ends the reset links that the previous address got', () => {
    const state = computeVerifiedAccountAfterFacts(
      ...proven,
      createPasswordResetRequestedFact(false, createTestLink('R')),
      requested(),
      changed,
    );
    assert.equal(state.reset, undefined);
  });

  test('takes the claim on the new address, and marks the previous one for release', () => {
    const state = computeAccountStateAfterFacts(...pending);
    assert.deepEqual(computeLookupKeys(state, [changed], noon).claims, [
      `address:${other}`,
      `release:${undoLink.sealed.expiresAt}:${adaId}:3`,
    ]);
  });
});

describe('a reset link', () => {
  test('is not created for an address that the account no longer has', () => {
    given(...moved)
      .when({ type: 'RequestPasswordReset', address: adaAddress, link: createTestLink('R'), owner: adaId })
      .thenNothing();
  });
});

describe('the link to the previous address', () => {
  test('restores it, sets a new password and ends every session in the same commit', () => {
    given(...moved)
      .when(undo)
      .thenHappens(...back);
    const state = computeVerifiedAccountAfterFacts(...moved, ...back);
    assert.deepEqual([state.address, state.email, state.passwordHash], [adaAddress, ada, 'chosen']);
    assert.equal(state.allRevokedAt, state.sequence);
  });

  test('works whatever happened since', () => {
    for (const since of [
      [createPasswordChangedFact('reset', 'newer')],
      [createAccountDisabledFact()],
      [createSessionsRevokedFact('logout-all')],
    ])
      given(...moved, ...since)
        .when(undo)
        .thenHappens(...back);
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(...moved)
      .when({ ...undo, now: createInstantAfterNoon(168 * HOUR - 1) })
      .thenHappens(...back);
    given(...moved)
      .when({ ...undo, now: createInstantAfterNoon(168 * HOUR) })
      .thenRefused('token_expired');
  });

  test('cancels a pending erasure, because a thief of the account may have requested it', () => {
    const erasure = {
      type: 'AccountErasureRequested',
      data: {
        userId: adaId,
        requestedBy: adaId,
        eraseAt: createInstantAfterNoon(168 * HOUR).toISOString(),
        person: {},
      },
      private: {},
    } as const;
    const canceled = {
      type: 'AccountErasureCanceled',
      data: { userId: adaId, canceledBy: adaId, disabled: false },
    } as const;
    given(...moved, erasure, createSessionsRevokedFact('disabled'))
      .when(undo)
      .thenHappens(reverted, canceled, ...back.slice(1));
  });

  test('works once', () => {
    given(...moved, ...back)
      .when(undo)
      .thenRefused('token_invalid');
  });

  test('is refused once the change is settled, whatever the clock says', () => {
    given(...moved, settled)
      .when(undo)
      .thenRefused('token_invalid');
  });

  test('ends the links that the new address got', () => {
    const state = computeVerifiedAccountAfterFacts(...moved, ...back);
    assert.deepEqual([state.reset, state.emailChange, state.previous], [undefined, undefined, undefined]);
    given(...moved, ...back)
      .when(confirm)
      .thenRefused('token_invalid');
  });
});

describe('settling a change of address', () => {
  const settle = { type: 'FinalizeEmailChange', now: createInstantAfterNoon(168 * HOUR) } as const;

  test('happens once its link has expired', () => {
    given(...moved)
      .when(settle)
      .thenHappens(settled);
    given(...moved)
      .when({ ...settle, now: createInstantAfterNoon(168 * HOUR - 1) })
      .thenNothing();
  });

  test('does nothing for an account without a change', () => {
    for (const past of [[], proven, [...moved, ...back], [...moved, settled]])
      given(...past)
        .when(settle)
        .thenNothing();
  });
});

describe('the claims of an account', () => {
  const releaseClaim = `release:${undoLink.sealed.expiresAt}:${adaId}:3`;
  const held = [`address:${adaAddress}`, `address:${other}`, releaseClaim, 'admin:1'];

  test('are all needed as long as the change can be undone', () => {
    assert.deepEqual(findUnneededAddressClaims(computeAccountStateAfterFacts(...moved), held), {
      addressClaims: [],
      releaseClaims: [],
    });
  });

  test('on the previous address are not needed once the change is settled', () => {
    assert.deepEqual(findUnneededAddressClaims(computeAccountStateAfterFacts(...moved, settled), held), {
      addressClaims: [`address:${adaAddress}`],
      releaseClaims: [releaseClaim],
    });
  });

  test('are not needed at all once the account is erased', () => {
    const erased = { type: 'AccountErased', data: { userId: adaId } } as const;
    const { addressClaims, releaseClaims } = findUnneededAddressClaims(
      computeAccountStateAfterFacts(...moved, erased),
      held,
    );
    assert.deepEqual([addressClaims, releaseClaims], [held.slice(0, 2), [releaseClaim]]);
  });

  test('on the new address are not needed once the change is undone', () => {
    const now = `release:0:${adaId}:4`;
    assert.deepEqual(computeLookupKeys(computeAccountStateAfterFacts(...moved), back, noon).claims, [now]);
    assert.deepEqual(
      findUnneededAddressClaims(computeAccountStateAfterFacts(...moved, ...back), [...held, now]),
      {
        addressClaims: [`address:${other}`],
        releaseClaims: [releaseClaim, now],
      },
    );
  });
});

describe('an operator undoes a change of address', () => {
  const undo = { type: 'UndoEmailChangeByOperator', now: noon } as const;

  test('and ends every session; the owner then resets the password', () => {
    given(...proven, requested(), changed)
      .when(undo)
      .thenHappens(reverted, createSessionsRevokedFact('admin'));
  });

  test('of an account that waits for its erasure, and cancels that', () => {
    const erasure: FactOf<'AccountErasureRequested'> = {
      type: 'AccountErasureRequested',
      data: {
        userId: adaId,
        requestedBy: adaId,
        eraseAt: createInstantAfterNoon(168 * HOUR).toISOString(),
        person: {},
      },
      private: {},
    };
    const canceled: FactOf<'AccountErasureCanceled'> = {
      type: 'AccountErasureCanceled',
      data: { userId: adaId, canceledBy: 'ops', disabled: false },
    };
    given(...proven, requested(), changed, erasure)
      .when(undo)
      .thenHappens(reverted, canceled, createSessionsRevokedFact('admin'));
  });

  test('only as long as the link to the previous address could', () => {
    given(...proven)
      .when(undo)
      .thenRefused('conflict');
    given(...proven, requested())
      .when(undo)
      .thenRefused('conflict');
    given(...proven, requested(), changed, settled)
      .when(undo)
      .thenRefused('conflict');
    given(...proven, requested(), changed)
      .when({ ...undo, now: createInstantAfterNoon(168 * HOUR) })
      .thenRefused('conflict');
    given().when(undo).thenRefused('not_found');
  });
});

describe('an operator cancels a change of address', () => {
  const cancel = { type: 'CancelEmailChange', now: noon } as const;
  const canceled = { type: 'EmailChangeCanceled', data: { userId: adaId, canceledBy: 'ops' } } as const;

  test('that was requested: its link no longer works, and another can be requested', () => {
    given(...pending)
      .when(cancel)
      .thenHappens(canceled);
    given(...pending, canceled)
      .when(confirm)
      .thenRefused('token_invalid');
    given(...pending, canceled)
      .when(ask)
      .thenHappens(requested());
  });

  test('only as long as its link works', () => {
    for (const past of [proven, [...proven, withheld], [...pending, canceled], moved])
      given(...past)
        .when(cancel)
        .thenRefused('conflict');
    given(...pending)
      .when({ ...cancel, now: createInstantAfterNoon(HOUR - 1) })
      .thenHappens(canceled);
    given(...pending)
      .when({ ...cancel, now: createInstantAfterNoon(HOUR) })
      .thenRefused('conflict');
    given().when(cancel).thenRefused('not_found');
  });

  test('and leaves one that has taken place as it is', () => {
    const before = computeVerifiedAccountAfterFacts(...moved);
    const after = computeVerifiedAccountAfterFacts(...moved, canceled);
    assert.deepEqual({ ...after, sequence: 0 }, { ...before, sequence: 0 });
  });
});
