import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LatchkeyEvent } from '@latchkey/events';
import { adaPersonalData, createTestHistory } from '../testing/history.ts';
import { isTokenAccepted, type LivingProfile, type Profile } from './profile.ts';
import { advancePastUnknownEvent, applyProfileEvent } from './project.ts';

function fold(...events: readonly LatchkeyEvent[]): Profile | undefined {
  return events.reduce<Profile | undefined>(applyProfileEvent, undefined);
}

function living(...events: readonly LatchkeyEvent[]): LivingProfile {
  const profile = fold(...events);
  assert.ok(profile?.ended === false);
  return profile;
}

/**
 * Returns the fields of a profile that an event changed, except `sequence` and `updatedAt`, which every event changes.
 */
function changeBy(before: LivingProfile, event: LatchkeyEvent): Partial<LivingProfile> {
  const after = applyProfileEvent(before, event);
  assert.ok(!after.ended);
  assert.equal(after.sequence, event.sequence);
  assert.equal(after.updatedAt, event.time);
  const changed = Object.entries(after).filter(
    ([name, value]) => before[name as keyof LivingProfile] !== value,
  );
  return Object.fromEntries(changed.filter(([name]) => name !== 'sequence' && name !== 'updatedAt'));
}

const locale = 'en';
const erased = { email: null, username: null, firstName: null, lastName: null };

describe('a profile', () => {
  test('begins unverified, with what UserRegistered says', () => {
    const account = createTestHistory('ada');
    assert.deepEqual(fold(account.registered({ ...adaPersonalData, lastName: 'Lovelace' })), {
      ended: false,
      id: account.id,
      sequence: 1,
      email: 'ada@example.com',
      username: 'ada',
      firstName: null,
      lastName: 'Lovelace',
      role: 'user',
      locale: 'en',
      isVerified: false,
      disabled: false,
      createdAt: '2026-03-01T12:00:01.000Z',
      updatedAt: '2026-03-01T12:00:01.000Z',
      passwordChangedAt: null,
      revokedAt: 0,
    });
  });

  test('begins without a person if that was erased', () => {
    const { email, username, firstName, lastName } = living(createTestHistory('ada').registered(null));
    assert.deepEqual({ email, username, firstName, lastName }, erased);
  });

  test('changes by each event only what that event says', () => {
    const account = createTestHistory('ada');
    const before = living(account.registered({ ...adaPersonalData, firstName: 'Ada' }));
    const disabled = { ...before, disabled: true };
    const verified = account.verified();
    assert.deepEqual(changeBy(before, verified), { isVerified: true });
    const changed = account.add('PasswordChanged', { how: 'reset', locale, person: adaPersonalData });
    assert.deepEqual(changeBy(before, changed), { passwordChangedAt: changed.time });
    const renamed = account.add('ProfileChanged', { person: { username: 'countess' } });
    assert.deepEqual(changeBy(before, renamed), { username: 'countess' });
    const named = account.add('ProfileChanged', { locale: 'de', person: { firstName: 'A', lastName: 'L' } });
    assert.deepEqual(changeBy(before, named), { locale: 'de', firstName: 'A', lastName: 'L' });
    const role = {
      role: 'admin',
      previousRole: 'user',
      changedBy: 'ops',
      locale,
      person: adaPersonalData,
    } as const;
    assert.deepEqual(changeBy(before, account.add('RoleChanged', role)), { role: 'admin' });
    const revoked = account.add('SessionsRevoked', { reason: 'admin' });
    assert.deepEqual(changeBy(before, revoked), { revokedAt: revoked.sequence });
    const byOps = { changedBy: 'ops', person: null };
    assert.deepEqual(changeBy(before, account.add('AccountDisabled', byOps)), { disabled: true });
    assert.deepEqual(changeBy(disabled, account.add('AccountEnabled', byOps)), { disabled: false });
    const erasure = { requestedBy: 'ops', eraseAt: '2026-03-08T12:00:00.000Z', person: {} };
    assert.deepEqual(changeBy(before, account.add('AccountErasureRequested', erasure)), { disabled: true });
    const canceled = account.add('AccountErasureCanceled', { canceledBy: 'ops', disabled: false });
    assert.deepEqual(changeBy(disabled, canceled), { disabled: false });
    const requested = account.add('VerificationRequested', { locale, person: adaPersonalData });
    assert.deepEqual(changeBy(before, requested), {});
    const reset = account.add('PasswordResetRequested', { locale, person: adaPersonalData, verifies: false });
    assert.deepEqual(changeBy(before, reset), {});
    const wish = { ...adaPersonalData, newEmail: 'countess@example.com' };
    assert.deepEqual(changeBy(before, account.add('EmailChangeRequested', { locale, person: wish })), {});
    const undo = { sealed: 'sealed', expiresAt: '2026-03-08T12:00:00.000Z' };
    const person = {
      username: 'ada',
      email: 'countess@example.com',
      previousEmail: adaPersonalData.email,
      undo,
    };
    const moved = account.add('EmailChanged', { locale, person });
    assert.deepEqual(changeBy(before, moved), { email: 'countess@example.com' });
    const back = { ...adaPersonalData, revertedEmail: 'countess@example.com' };
    const reverted = account.add('EmailChangeReverted', { locale, person: back });
    assert.deepEqual(changeBy({ ...before, email: 'countess@example.com' }, reverted), {
      email: adaPersonalData.email,
    });
    assert.deepEqual(changeBy(before, account.add('EmailChangeSettled', {})), {});
    assert.deepEqual(changeBy(before, account.add('EmailChangeCanceled', { canceledBy: 'ops' })), {});
  });

  test('loses its person with the first event from which that was erased', () => {
    const account = createTestHistory('ada');
    const before = living(account.registered({ ...adaPersonalData, firstName: 'A', lastName: 'L' }));
    const role = { role: 'user', previousRole: 'user', changedBy: 'ops', locale, person: null } as const;
    const events = [
      account.add('AccountVerified', { locale, person: null }),
      account.add('PasswordChanged', { how: 'change', locale, person: null }),
      account.add('ProfileChanged', { person: null }),
      account.add('RoleChanged', role),
      account.add('VerificationRequested', { locale, person: null }),
      account.add('EmailChangeRequested', { locale, person: null }),
      account.add('EmailChangeReverted', { locale, person: null }),
      account.add('PasswordResetRequested', { locale, person: null, verifies: true }),
    ];
    for (const event of events) {
      const { email, username, firstName, lastName } = applyProfileEvent(before, event) as LivingProfile;
      assert.deepEqual({ email, username, firstName, lastName }, erased, event.type);
    }
  });

  test('keeps what is needed to recognise late duplicates after a registration has ended', () => {
    const account = createTestHistory('ada');
    const gone = fold(account.registered(), account.add('RegistrationEnded', { reason: 'expired' }));
    assert.deepEqual(gone, { ended: true, id: account.id, sequence: 2 });
    const late = account.add('SessionsRevoked', { reason: 'ended' });
    assert.ok(gone);
    assert.deepEqual(applyProfileEvent(gone, late), { ended: true, id: account.id, sequence: 3 });
    assert.deepEqual(advancePastUnknownEvent(gone, late), { ended: true, id: account.id, sequence: 3 });
  });

  test('counts an event of an unknown type', () => {
    const account = createTestHistory('ada');
    const before = living(account.registered());
    const unknown = account.verified();
    assert.deepEqual(advancePastUnknownEvent(before, unknown), {
      ...before,
      sequence: 2,
      updatedAt: unknown.time,
    });
  });

  test('spells instants in one way, so that they sort', () => {
    const event = { ...createTestHistory('ada').registered(), time: '2026-03-01T12:00:01Z' };
    assert.equal(living(event).createdAt, '2026-03-01T12:00:01.000Z');
  });

  test('accepts tokens issued at its last SessionsRevoked or later, while it is neither disabled nor ended', () => {
    const profile = { ...living(createTestHistory('ada').registered()), revokedAt: 3 };
    assert.equal(isTokenAccepted(profile, 2), false);
    assert.equal(isTokenAccepted(profile, 3), true);
    assert.equal(isTokenAccepted({ ...profile, disabled: true }, 3), false);
    assert.equal(isTokenAccepted({ ended: true, id: profile.id, sequence: 4 }, 9), false);
  });
});
