/** Property tests of the account rules, on random commands in any order and with any tokens. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { ACCOUNTS_TOPIC, catalogue } from '@latchkey/events';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { computeLookupKeys, findUnneededAddressClaims, toAddressClaim } from './claims.ts';
import type { AccountCommand } from './commands.ts';
import { decide } from './decide.ts';
import type { AccountFact, MailedLink } from './facts.ts';
import { ACCOUNT_STATE_VERSION, type AccountState, applyAccountFact, initialAccountState } from './state.ts';
import { createInstantAfterNoon } from './testing/ada.ts';
import {
  type AccountCommandsOutcome,
  addressSharedByAccounts,
  arbitraryAccountCommands,
  type ExecutedAccountCommand,
  runAccountCommands,
} from './testing/stories.ts';

function always(holds: (world: AccountCommandsOutcome) => void): void {
  fc.assert(
    fc.property(arbitraryAccountCommands, (steps) => holds(runAccountCommands(steps))),
    { numRuns: chooseRunCount({ some: 150, all: 500 }) },
  );
}

function eachExecuted(holds: (command: ExecutedAccountCommand) => void): void {
  always(({ executed }) => executed.forEach(holds));
}

/**
 * Returns whether a command has an effect even immediately after an identical command. For example, each
 * renewal of a verification creates a new link.
 */
function happensAgain(command: AccountCommand): boolean {
  return (
    command.type === 'RenewVerification' ||
    command.type === 'RequestEmailChange' ||
    command.type === 'AlertOwner' ||
    command.type === 'RequestPasswordReset' ||
    (command.type === 'RevokeSessions' && command.since === undefined) ||
    (command.type === 'ChangePassword' && command.checkedHash === command.passwordHash)
  );
}

function isOf(userId: string, state: AccountState): boolean {
  return state.status !== 'none' && state.userId === userId;
}

function typesOf(facts: readonly AccountFact[]) {
  return facts.map(({ type }) => type);
}

describe('an account, whatever is asked of it,', () => {
  test('gets no events from a command that is repeated in the state that it produced', () => {
    eachExecuted(({ command, after }) => {
      if (!happensAgain(command)) assert.deepEqual(decide(after, command).facts, []);
    });
  });

  test('never goes back: ended is final, and verified ends only by erasure', () => {
    const next: Record<AccountState['status'], readonly AccountState['status'][]> = {
      none: ['none', 'unverified'],
      unverified: ['unverified', 'verified', 'ended'],
      verified: ['verified', 'ended'],
      ended: ['ended'],
    };
    eachExecuted(({ before, after }) => {
      assert.ok(next[before.status].includes(after.status));
      if (before.status === 'verified' && after.status === 'ended') assert.ok(after.erased);
    });
  });

  test('gets no event but its erasure once it has ended', () => {
    eachExecuted(({ before, decision: { facts } }) => {
      if (before.status !== 'ended') return;
      assert.deepEqual(typesOf(facts), before.erased || facts.length === 0 ? [] : ['AccountErased']);
    });
  });

  test('revokes sessions at a sequence that it has reached, never at a lower one', () => {
    eachExecuted(({ before, after }) => {
      if (after.status === 'none') return;
      assert.ok(after.revokedAt <= after.sequence);
      if (before.status !== 'none') assert.ok(after.revokedAt >= before.revokedAt);
    });
  });

  test('revokes its sessions whenever its password or role changes, or it is disabled or ends', () => {
    const ending = [
      'PasswordChanged',
      'RoleChanged',
      'AccountDisabled',
      'AccountErasureRequested',
      'RegistrationEnded',
    ];
    eachExecuted(({ decision: { facts }, after }) => {
      if (!typesOf(facts).some((type) => ending.includes(type))) return;
      assert.equal(facts.at(-1)?.type, 'SessionsRevoked');
      assert.ok(after.status !== 'none' && after.revokedAt === after.sequence);
    });
  });

  test('is the fold of its facts, and survives JSON at every step', () => {
    always(({ executed, accounts }) => {
      for (const [userId, state] of accounts) {
        const facts = executed.flatMap(({ before, after, decision }) =>
          isOf(userId, after) || isOf(userId, before) ? decision.facts : [],
        );
        assert.deepEqual(facts.reduce(applyAccountFact, initialAccountState), state);
        assert.equal(state.status === 'none' ? 0 : state.sequence, facts.length);
      }
      for (const { after } of executed) assert.deepEqual(JSON.parse(JSON.stringify(after)), after);
    });
  });

  test('claims its address exactly when it has verified it', () => {
    eachExecuted(({ before, decision: { facts } }) => {
      const proven = facts.flatMap((fact) => {
        if (fact.type === 'EmailChanged') return fact.private.address;
        return fact.type === 'AccountVerified' ? addressSharedByAccounts : [];
      });
      const { claims = [] } = computeLookupKeys(before, facts, createInstantAfterNoon(0));
      const taken = claims.filter((claim) => claim.startsWith('address:'));
      assert.deepEqual(taken, proven.map(toAddressClaim));
    });
  });

  test('waits for its erasure only after a request, which only ops can move to an earlier instant, and cannot be used meanwhile', () => {
    eachExecuted(({ command, before, after, decision: { facts } }) => {
      if (after.status === 'none' || after.status === 'ended' || after.erasure === undefined) return;
      assert.ok(after.disabled);
      const former = before.status === 'none' ? undefined : before.erasure;
      const isRequested = after.erasure.at !== former?.at;
      assert.equal(isRequested, typesOf(facts).includes('AccountErasureRequested'));
      if (!isRequested) return;
      assert.ok(command.type === 'RequestErasure');
      if (former === undefined) return;
      assert.ok(command.by === 'ops' && after.erasure.at < former.at);
      assert.equal(after.erasure.wasDisabled, former.wasDisabled);
    });
  });

  test('contains no personal data once it is erased, and never changes again', () => {
    always(({ executed }) => {
      for (const { before, after, decision } of executed) {
        if (before.status === 'ended' && before.erased) assert.deepEqual(decision.facts, []);
        if (after.status === 'ended' && after.erased)
          assert.doesNotMatch(JSON.stringify(after), /ada|alan|countess|example|secret-hash-of-password/i);
      }
    });
  });

  test('is the only account that has verified its address, or the address that it may get back', () => {
    always(({ accounts, claims }) => {
      for (const [userId, state] of accounts) {
        if (state.status !== 'verified') continue;
        assert.equal(claims.get(toAddressClaim(state.address)), userId);
        if (state.previous) assert.equal(claims.get(toAddressClaim(state.previous.address)), userId);
      }
    });
  });

  test('marks every address that it will not need, until the address is released', () => {
    always(({ accounts, claims }) => {
      for (const [userId, state] of accounts) {
        if (state.status !== 'verified') continue;
        const own = [...claims].filter(([, holder]) => holder === userId).map(([claim]) => claim);
        const { addressClaims } = findUnneededAddressClaims(state, own);
        const hasReleaseClaim = own.some((claim) => claim.startsWith('release:'));
        if (addressClaims.length > 0 || state.previous) assert.ok(hasReleaseClaim);
      }
    });
  });

  test('gets another address only by its link, together with the password or a session of the account', () => {
    eachExecuted(({ command, before, after }) => {
      if (before.status !== 'verified' || after.status !== 'verified') return;
      if (before.address === after.address) return;
      if (command.type === 'UndoEmailChangeByOwner')
        return assert.equal(after.address, before.previous?.address);
      assert.ok(command.type === 'ConfirmEmailChange');
      assert.deepEqual([after.previous?.address, after.previous?.email], [before.address, before.email]);
      const { proof } = command;
      if (proof.kind === 'password') assert.equal(proof.passwordHash, before.passwordHash);
      else
        assert.ok(
          proof.holders.some(({ userId, since }) => userId === before.userId && since >= before.allRevokedAt),
        );
    });
  });

  test('gets its previous address back, whatever happened to it since, as long as the link works', () => {
    always(({ accounts }) => {
      for (const state of accounts.values()) {
        if (state.status !== 'verified' || state.previous === undefined) continue;
        const { link, address: previous, email } = state.previous;
        const now = new Date(Date.parse(link.expiresAt) - 1);
        const { facts } = decide(state, {
          type: 'UndoEmailChangeByOwner',
          tokenHash: link.hash,
          now,
          passwordHash: 'chosen by the holder',
        });
        const after = facts.reduce(applyAccountFact, state as AccountState);
        assert.ok(after.status === 'verified');
        assert.deepEqual([after.address, after.email], [previous, email]);
        assert.equal(after.passwordHash, 'chosen by the holder');
        assert.equal(after.allRevokedAt, after.sequence);
        assert.deepEqual([after.reset, after.emailChange, after.previous], [undefined, undefined, undefined]);
      }
    });
  });

  test('accepts only a token of the right purpose, before it expires', () => {
    const opened = {
      Verify: 'verification',
      RejectRegistration: 'verification',
      CompleteReset: 'reset',
      ConfirmEmailChange: 'email-change',
      UndoEmailChangeByOwner: 'email-undo',
    };
    eachExecuted(({ command, before, decision }) => {
      if (!('tokenHash' in command) || command.type === 'CancelErasure') return;
      if (decision.facts.length === 0) return;
      assert.ok(before.status === 'unverified' || before.status === 'verified');
      const own =
        before.status === 'unverified'
          ? { verification: before.verification }
          : { 'email-change': before.emailChange?.link, 'email-undo': before.previous?.link };
      const links: Readonly<Record<string, MailedLink | undefined>> = { ...own, reset: before.reset };
      const link = links[opened[command.type]];
      assert.equal(command.tokenHash, link?.hash);
      assert.ok(command.tokenHash.includes(opened[command.type]));
      assert.ok(command.now.toISOString() < (link?.expiresAt ?? ''));
    });
  });

  test('is verified by a link only together with its password, a session or cookie, or a new password', () => {
    eachExecuted(({ command, before, decision: { facts } }) => {
      if (command.type !== 'Verify' || !typesOf(facts).includes('AccountVerified')) return;
      const { proof } = command;
      assert.ok(before.status === 'unverified');
      if (proof.kind === 'password') assert.equal(proof.passwordHash, before.passwordHash);
      if (proof.kind === 'new-password') assert.equal(facts.at(-1)?.type, 'SessionsRevoked');
      if (proof.kind !== 'holder') return;
      assert.ok(
        proof.holders.some(({ userId, since }) => userId === before.userId && since >= before.allRevokedAt),
      );
    });
  });
});

describe('a fact that is published', () => {
  test('contains no private data', () => {
    eachExecuted(({ decision: { facts } }) => {
      for (const { data } of facts) assert.doesNotMatch(JSON.stringify(data), /secret-hash/);
    });
  });

  test('matches the catalogue, without additional fields', () => {
    eachExecuted(({ decision: { facts } }) => {
      for (const { type, data } of facts)
        assert.deepEqual(catalogue[type].schema.strict().parse(data), data, type);
    });
  });

  test('carries a sealed link exactly when the journal keeps its hash', () => {
    eachExecuted(({ decision: { facts } }) => {
      for (const { data, private: kept } of facts) {
        const fields = Object.entries({ ...data, ...('person' in data && data.person) });
        const sealed = fields.find(([name]) =>
          ['verification', 'reset', 'confirmation', 'undo'].includes(name),
        );
        assert.equal(sealed !== undefined, kept !== undefined && 'link' in kept);
      }
    });
  });
});

describe('the generated histories', () => {
  /**
   * Checks that the random commands lead to all kinds of outcomes. Without this check, the property tests
   * could pass although the generated commands have no effect.
   */
  test('lead to every outcome that the properties are about', () => {
    const seen = new Set<string>();
    for (const { executed } of fc
      .sample(arbitraryAccountCommands, { numRuns: 1200, seed: 7 })
      .map(runAccountCommands)) {
      for (const { before, decision, command, after } of executed) {
        for (const type of typesOf(decision.facts)) seen.add(type);
        if (decision.refusal !== undefined) seen.add(`${command.type}: ${decision.refusal}`);
        if (decision.refusal !== undefined && decision.facts.length > 0) seen.add('a refusal with facts');
        seen.add(`${before.status} → ${after.status}`);
      }
    }
    const missing = [
      ...['unverified → verified', 'unverified → ended', 'verified → ended', 'a refusal with facts'],
      ...['ConfirmEmailChange: password_required', 'ConfirmEmailChange: token_expired'],
      ...['RequestEmailChange: email_change_recent', 'UndoEmailChangeByOwner: token_expired'],
      ...['Verify: token_expired', 'Verify: password_required', 'CompleteReset: token_expired'],
      ...Object.values(catalogue).flatMap(({ type, topic }) => (topic === ACCOUNTS_TOPIC ? [type] : [])),
    ].filter((outcome) => !seen.has(outcome));
    assert.deepEqual(missing, []);
  });
});

/** Returns the path and the type of each field in an account state, such as `reset.hash: string`. */
function shapeOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => shapeOf(item, `${path}[]`));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, field]) =>
      shapeOf(field, path === '' ? name : `${path}.${name}`),
    );
  return [`${path}: ${typeof value}`];
}

test('ACCOUNT_STATE_VERSION is increased whenever the shape of the state changes', () => {
  const stories = fc.sample(arbitraryAccountCommands, { seed: 1, numRuns: 1000 });
  const states = stories.flatMap((story) => runAccountCommands(story).executed.map(({ after }) => after));
  const shape = [...new Set(states.flatMap((state) => shapeOf(state)))].toSorted().join('\n');
  const digest = createHash('sha256').update(shape).digest('hex').slice(0, 16);
  // If this assertion fails, increase ACCOUNT_STATE_VERSION, and write the new version and digest here.
  assert.deepEqual([ACCOUNT_STATE_VERSION, digest], [7, '4c4e1dca17843a00'], shape);
});
