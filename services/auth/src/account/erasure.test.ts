import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookupKeysOf } from './claims.ts';
import { decide } from './decide.ts';
import { erasureUndoRefusal } from './link.ts';
import {
  accountDisabledWithNotice,
  accountEnabled,
  accountErased,
  accountErasureCanceled,
  accountErasureRequested,
  accountVerified,
  adaId,
  adminId,
  linkNamed,
  msAfterNoon,
  noon,
  passwordResetRequested,
  profileChanged,
  registrationEnded,
  roleChanged,
  sessionsRevoked,
  userRegistered,
} from './testing/ada.ts';
import { fold, given, stateAfter, verifiedAccountAfter } from './testing/given-when-then.ts';

const unverified = [userRegistered(linkNamed('A'))] as const;
const proven = [...unverified, accountVerified] as const;
const later = msAfterNoon(7 * 24 * 3_600_000).toISOString();
const undo = linkNamed('undo', new Date(later));
const waiting = [...proven, accountErasureRequested(later, undo), sessionsRevoked('disabled')] as const;
const request = { type: 'RequestErasure', by: adaId, eraseAt: later, link: undo } as const;

describe('requesting an erasure', () => {
  test('names the instant, tells the owner, and ends the sessions in the same commit', () => {
    given(...proven)
      .when(request)
      .thenHappens(accountErasureRequested(later, undo), sessionsRevoked('disabled'));
  });

  test('of an unverified account tells nobody: the mailbox may be a stranger’s', () => {
    given(...unverified)
      .when(request)
      .thenHappens(accountErasureRequested(later), sessionsRevoked('disabled'));
  });

  test('disables the account, ends its links, and is found by its instant', () => {
    const state = stateAfter(
      ...proven,
      passwordResetRequested(false, linkNamed('R')),
      accountErasureRequested(later, undo),
    );
    assert.ok(state.disabled);
    assert.equal(state.reset, undefined);
    assert.deepEqual(lookupKeysOf(fold(proven), decide(fold(proven), request).facts, noon), {
      eraseAt: later,
    });
  });

  test('a second time does nothing, unless an operator requests an earlier instant', () => {
    const earlier = msAfterNoon(3_600_000).toISOString();
    for (const by of [adaId, adminId])
      given(...waiting)
        .when({ ...request, by, eraseAt: earlier })
        .thenNothing();
    const { link: _, ...unlinked } = { ...request, by: 'ops', eraseAt: earlier };
    for (const eraseAt of [later, msAfterNoon(8 * 24 * 3_600_000).toISOString()])
      given(...waiting)
        .when({ ...unlinked, eraseAt })
        .thenNothing();
    given(...waiting)
      .when(unlinked)
      .thenHappens(accountErasureRequested(earlier, undefined, 'ops'), sessionsRevoked('disabled'));
  });

  test('at an earlier instant remembers whether the account was disabled before the first request', () => {
    const earlier = accountErasureRequested(msAfterNoon(3_600_000).toISOString(), undefined, 'ops');
    assert.equal(stateAfter(...waiting, earlier).erasure?.wasDisabled, false);
    const disabled = [...proven, accountDisabledWithNotice(), accountErasureRequested(later, undo)] as const;
    assert.equal(stateAfter(...disabled, earlier).erasure?.wasDisabled, true);
    assert.equal(stateAfter(...waiting, earlier).erasure?.undo, undefined);
  });

  test('is refused for nobody, for an ended registration, and for the last admin', () => {
    given().when(request).thenRefused('not_found');
    given(...unverified, ...registrationEnded('expired'))
      .when(request)
      .thenRefused('not_found');
    given(...proven, roleChanged('admin', 'user'))
      .when(request)
      .thenRefused('last_admin');
    given(...proven, roleChanged('admin', 'user'))
      .when({ ...request, otherAdmins: { exist: true, claim: 'the third' } })
      .thenHappens(accountErasureRequested(later, undo), sessionsRevoked('disabled'));
  });
});

describe('canceling an erasure', () => {
  const cancel = { type: 'CancelErasure', tokenHash: undo.hash, now: noon } as const;

  test('by its link enables the account', () => {
    given(...waiting)
      .when(cancel)
      .thenHappens(accountErasureCanceled(false));
    const state = verifiedAccountAfter(...waiting, accountErasureCanceled(false));
    assert.equal(state.disabled, false);
    assert.equal(state.erasure, undefined);
  });

  test('leaves an account disabled that was before', () => {
    const past = [...proven, accountDisabledWithNotice(), accountErasureRequested(later, undo)] as const;
    given(...past)
      .when(cancel)
      .thenHappens(accountErasureCanceled(true));
    assert.ok(stateAfter(...past, accountErasureCanceled(true)).disabled);
    given(...past)
      .when({ type: 'EnableAccount', by: adminId })
      .thenHappens(accountErasureCanceled(true, adminId), accountEnabled());
  });

  test('is what an admin does by enabling the account', () => {
    given(...waiting)
      .when({ type: 'EnableAccount', by: adminId })
      .thenHappens(accountErasureCanceled(false, adminId));
  });

  test('takes the right link, once, in its time', () => {
    given(...waiting)
      .when({ ...cancel, tokenHash: 'another' })
      .thenRefused('token_invalid');
    given(...waiting)
      .when({ ...cancel, now: new Date(later) })
      .thenRefused('token_expired');
    given(...waiting, accountErasureCanceled(false))
      .when(cancel)
      .thenRefused('token_invalid');
    given(...waiting, accountErased)
      .when(cancel)
      .thenRefused('token_invalid');
    assert.equal(erasureUndoRefusal(fold([]), undo.hash, noon), 'token_invalid');
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
      .thenHappens(accountErased);
    given(...waiting, accountErased)
      .when(erase)
      .thenNothing();
  });

  test('happens to no account that nobody wants erased', () => {
    given().when(erase).thenNothing();
    given(...proven)
      .when(erase)
      .thenNothing();
    given(...waiting, accountErasureCanceled(false))
      .when(erase)
      .thenNothing();
  });

  test('happens to a registration that has ended, seven days later', () => {
    const past = [...unverified, ...registrationEnded('expired')] as const;
    given(...past)
      .when(erase)
      .thenHappens(accountErased);
    assert.deepEqual(lookupKeysOf(fold(unverified), registrationEnded('expired'), noon), { eraseAt: later });
  });

  test('leaves nothing in the state that names the person', () => {
    const names = profileChanged({ person: { firstName: 'Augusta', lastName: 'Byron' } });
    const state = stateAfter(...proven, names, accountErasureRequested(later, undo), accountErased);
    assert.doesNotMatch(JSON.stringify(state), /ada@|"ada"|augusta|byron|hash of the first password|undo/i);
    assert.ok(state.status === 'ended' && state.erased);
  });
});
