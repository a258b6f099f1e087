import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decide, keysOf } from './decide.ts';
import { erasureRefusal } from './link.ts';
import {
  admin,
  afterNoon,
  disabledWithNotice,
  enabled,
  ended,
  erased,
  erasureCanceled,
  erasureRequested,
  link,
  noon,
  profileChanged,
  resetRequested,
  revoked,
  roleChanged,
  signedUp,
  userId,
  verified,
} from './testing/ada.ts';
import { fold, given, stateAfter, verifiedAfter } from './testing/given-when-then.ts';

const unverified = [signedUp(link('A'))] as const;
const proven = [...unverified, verified] as const;
const later = afterNoon(7 * 24 * 3_600_000).toISOString();
const undo = link('undo', new Date(later));
const waiting = [...proven, erasureRequested(later, undo), revoked('disabled')] as const;
const request = { type: 'RequestErasure', by: userId, eraseAt: later, link: undo } as const;

describe('requesting an erasure', () => {
  test('names the instant, tells the owner, and ends the sessions in the same commit', () => {
    given(...proven)
      .when(request)
      .thenHappens(erasureRequested(later, undo), revoked('disabled'));
  });

  test('of an unverified account tells nobody: the mailbox may be a stranger’s', () => {
    given(...unverified)
      .when(request)
      .thenHappens(erasureRequested(later), revoked('disabled'));
  });

  test('disables the account, ends its links, and is found by its instant', () => {
    const state = stateAfter(...proven, resetRequested(false, link('R')), erasureRequested(later, undo));
    assert.ok(state.disabled);
    assert.equal(state.reset, undefined);
    assert.deepEqual(keysOf(fold(proven), decide(fold(proven), request).facts, noon), { eraseAt: later });
  });

  test('a second time does nothing', () => {
    given(...waiting)
      .when({ ...request, by: admin })
      .thenNothing();
  });

  test('is refused for nobody, for an ended registration, and for the last admin', () => {
    given().when(request).thenRefused('not_found');
    given(...unverified, ...ended('expired'))
      .when(request)
      .thenRefused('not_found');
    given(...proven, roleChanged('admin', 'user'))
      .when(request)
      .thenRefused('last_admin');
    given(...proven, roleChanged('admin', 'user'))
      .when({ ...request, otherAdmins: { exist: true, claim: 'the third' } })
      .thenHappens(erasureRequested(later, undo), revoked('disabled'));
  });
});

describe('canceling an erasure', () => {
  const cancel = { type: 'CancelErasure', tokenHash: undo.hash, now: noon } as const;

  test('by its link enables the account', () => {
    given(...waiting)
      .when(cancel)
      .thenHappens(erasureCanceled(false));
    const state = verifiedAfter(...waiting, erasureCanceled(false));
    assert.equal(state.disabled, false);
    assert.equal(state.erasure, undefined);
  });

  test('leaves an account disabled that was before', () => {
    const past = [...proven, disabledWithNotice(), erasureRequested(later, undo)] as const;
    given(...past)
      .when(cancel)
      .thenHappens(erasureCanceled(true));
    assert.ok(stateAfter(...past, erasureCanceled(true)).disabled);
    given(...past)
      .when({ type: 'EnableAccount', by: admin })
      .thenHappens(erasureCanceled(true, admin), enabled());
  });

  test('is what an admin does by enabling the account', () => {
    given(...waiting)
      .when({ type: 'EnableAccount', by: admin })
      .thenHappens(erasureCanceled(false, admin));
  });

  test('takes the right link, once, in its time', () => {
    given(...waiting)
      .when({ ...cancel, tokenHash: 'another' })
      .thenRefused('token_invalid');
    given(...waiting)
      .when({ ...cancel, now: new Date(later) })
      .thenRefused('token_expired');
    given(...waiting, erasureCanceled(false))
      .when(cancel)
      .thenRefused('token_invalid');
    given(...waiting, erased)
      .when(cancel)
      .thenRefused('token_invalid');
    assert.equal(erasureRefusal(fold([]), undo.hash, noon), 'token_invalid');
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
      .thenHappens(erased);
    given(...waiting, erased)
      .when(erase)
      .thenNothing();
  });

  test('happens to no account that nobody wants erased', () => {
    given().when(erase).thenNothing();
    given(...proven)
      .when(erase)
      .thenNothing();
    given(...waiting, erasureCanceled(false))
      .when(erase)
      .thenNothing();
  });

  test('happens to a registration that has ended, seven days later', () => {
    const past = [...unverified, ...ended('expired')] as const;
    given(...past)
      .when(erase)
      .thenHappens(erased);
    assert.deepEqual(keysOf(fold(unverified), ended('expired'), noon), { eraseAt: later });
  });

  test('leaves nothing in the state that names the person', () => {
    const names = profileChanged({ person: { firstName: 'Augusta', lastName: 'Byron' } });
    const state = stateAfter(...proven, names, erasureRequested(later, undo), erased);
    assert.doesNotMatch(JSON.stringify(state), /ada@|"ada"|augusta|byron|hash of the first password|undo/i);
    assert.ok(state.status === 'ended' && state.erased);
  });
});
