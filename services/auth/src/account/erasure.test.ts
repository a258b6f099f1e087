import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeLookupKeys } from './claims.ts';
import { decide } from './decide.ts';
import { checkErasureUndoLink } from './link.ts';
import {
  accountErasedFact,
  accountVerifiedFact,
  adaId,
  adminId,
  createAccountDisabledFactWithMailData,
  createAccountEnabledFact,
  createAccountErasureCanceledFact,
  createAccountErasureRequestedFact,
  createInstantAfterNoon,
  createPasswordResetRequestedFact,
  createProfileChangedFact,
  createRegistrationEndedFacts,
  createRoleChangedFact,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
  noon,
} from './testing/ada.ts';
import {
  computeAccountStateAfterFacts,
  computeVerifiedAccountAfterFacts,
  foldFacts,
  given,
} from './testing/given-when-then.ts';

const unverified = [createUserRegisteredFact(createTestLink('A'))] as const;
const proven = [...unverified, accountVerifiedFact] as const;
const later = createInstantAfterNoon(7 * 24 * 3_600_000).toISOString();
const undo = createTestLink('undo', new Date(later));
const waiting = [
  ...proven,
  createAccountErasureRequestedFact(later, undo),
  createSessionsRevokedFact('disabled'),
] as const;
const request = { type: 'RequestErasure', by: adaId, eraseAt: later, link: undo } as const;

describe('requesting an erasure', () => {
  test('names the instant, tells the owner, and ends the sessions in the same commit', () => {
    given(...proven)
      .when(request)
      .thenHappens(createAccountErasureRequestedFact(later, undo), createSessionsRevokedFact('disabled'));
  });

  test('of an unverified account notifies nobody: the mailbox may be a stranger’s', () => {
    given(...unverified)
      .when(request)
      .thenHappens(createAccountErasureRequestedFact(later), createSessionsRevokedFact('disabled'));
  });

  test('disables the account, ends its links, and is found by its instant', () => {
    const state = computeAccountStateAfterFacts(
      ...proven,
      createPasswordResetRequestedFact(false, createTestLink('R')),
      createAccountErasureRequestedFact(later, undo),
    );
    assert.ok(state.disabled);
    assert.equal(state.reset, undefined);
    assert.deepEqual(computeLookupKeys(foldFacts(proven), decide(foldFacts(proven), request).facts, noon), {
      eraseAt: later,
    });
  });

  test('a second time does nothing, unless an operator requests an earlier instant', () => {
    const earlier = createInstantAfterNoon(3_600_000).toISOString();
    for (const by of [adaId, adminId])
      given(...waiting)
        .when({ ...request, by, eraseAt: earlier })
        .thenNothing();
    const { link: _, ...unlinked } = { ...request, by: 'ops', eraseAt: earlier };
    for (const eraseAt of [later, createInstantAfterNoon(8 * 24 * 3_600_000).toISOString()])
      given(...waiting)
        .when({ ...unlinked, eraseAt })
        .thenNothing();
    given(...waiting)
      .when(unlinked)
      .thenHappens(
        createAccountErasureRequestedFact(earlier, undefined, 'ops'),
        createSessionsRevokedFact('disabled'),
      );
  });

  test('at an earlier instant remembers whether the account was disabled before the first request', () => {
    const earlier = createAccountErasureRequestedFact(
      createInstantAfterNoon(3_600_000).toISOString(),
      undefined,
      'ops',
    );
    assert.equal(computeAccountStateAfterFacts(...waiting, earlier).erasure?.wasDisabled, false);
    const disabled = [
      ...proven,
      createAccountDisabledFactWithMailData(),
      createAccountErasureRequestedFact(later, undo),
    ] as const;
    assert.equal(computeAccountStateAfterFacts(...disabled, earlier).erasure?.wasDisabled, true);
    assert.equal(computeAccountStateAfterFacts(...waiting, earlier).erasure?.undo, undefined);
  });

  test('is refused for an account that does not exist, for an ended registration, and for the last admin', () => {
    given().when(request).thenRefused('not_found');
    given(...unverified, ...createRegistrationEndedFacts('expired'))
      .when(request)
      .thenRefused('not_found');
    given(...proven, createRoleChangedFact('admin', 'user'))
      .when(request)
      .thenRefused('last_admin');
    given(...proven, createRoleChangedFact('admin', 'user'))
      .when({ ...request, otherAdmins: { exist: true, claim: 'the third' } })
      .thenHappens(createAccountErasureRequestedFact(later, undo), createSessionsRevokedFact('disabled'));
  });
});

describe('canceling an erasure', () => {
  const cancel = { type: 'CancelErasure', tokenHash: undo.hash, now: noon } as const;

  test('by its link enables the account', () => {
    given(...waiting)
      .when(cancel)
      .thenHappens(createAccountErasureCanceledFact(false));
    const state = computeVerifiedAccountAfterFacts(...waiting, createAccountErasureCanceledFact(false));
    assert.equal(state.disabled, false);
    assert.equal(state.erasure, undefined);
  });

  test('leaves an account disabled that was disabled before the request', () => {
    const past = [
      ...proven,
      createAccountDisabledFactWithMailData(),
      createAccountErasureRequestedFact(later, undo),
    ] as const;
    given(...past)
      .when(cancel)
      .thenHappens(createAccountErasureCanceledFact(true));
    assert.ok(computeAccountStateAfterFacts(...past, createAccountErasureCanceledFact(true)).disabled);
    given(...past)
      .when({ type: 'EnableAccount', by: adminId })
      .thenHappens(createAccountErasureCanceledFact(true, adminId), createAccountEnabledFact());
  });

  test('also happens if an admin enables the account', () => {
    given(...waiting)
      .when({ type: 'EnableAccount', by: adminId })
      .thenHappens(createAccountErasureCanceledFact(false, adminId));
  });

  test('needs the right link, which works once until it expires', () => {
    given(...waiting)
      .when({ ...cancel, tokenHash: 'another' })
      .thenRefused('token_invalid');
    given(...waiting)
      .when({ ...cancel, now: new Date(later) })
      .thenRefused('token_expired');
    given(...waiting, createAccountErasureCanceledFact(false))
      .when(cancel)
      .thenRefused('token_invalid');
    given(...waiting, accountErasedFact)
      .when(cancel)
      .thenRefused('token_invalid');
    assert.equal(checkErasureUndoLink(foldFacts([]), undo.hash, noon), 'token_invalid');
  });
});

describe('an erasure', () => {
  const erase = { type: 'Erase', now: new Date(later) } as const;

  test('happens at its instant, not before, and once', () => {
    given(...waiting)
      .when({ ...erase, now: new Date(Date.parse(later) - 1) })
      .thenNothing();
    given(...waiting)
      .when(erase)
      .thenHappens(accountErasedFact);
    given(...waiting, accountErasedFact)
      .when(erase)
      .thenNothing();
  });

  test('happens to no account without a request', () => {
    given().when(erase).thenNothing();
    given(...proven)
      .when(erase)
      .thenNothing();
    given(...waiting, createAccountErasureCanceledFact(false))
      .when(erase)
      .thenNothing();
  });

  test('happens to a registration that has ended, seven days later', () => {
    const past = [...unverified, ...createRegistrationEndedFacts('expired')] as const;
    given(...past)
      .when(erase)
      .thenHappens(accountErasedFact);
    assert.deepEqual(
      computeLookupKeys(foldFacts(unverified), createRegistrationEndedFacts('expired'), noon),
      { eraseAt: later },
    );
  });

  test('leaves nothing in the state that names the person', () => {
    const names = createProfileChangedFact({ person: { firstName: 'Augusta', lastName: 'Byron' } });
    const state = computeAccountStateAfterFacts(
      ...proven,
      names,
      createAccountErasureRequestedFact(later, undo),
      accountErasedFact,
    );
    assert.doesNotMatch(JSON.stringify(state), /ada@|"ada"|augusta|byron|hash of the first password|undo/i);
    assert.ok(state.status === 'ended' && state.erased);
  });
});
