/** What always holds, whatever commands are run on accounts, in whatever order, with whatever tokens. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogue } from '@latchkey/events';
import fc from 'fast-check';
import type { Command } from './commands.ts';
import { decide, keysOf } from './decide.ts';
import type { AccountFact } from './facts.ts';
import { type AccountState, evolve, initialState } from './state.ts';
import { address, play, story, type Turn, type World } from './testing/stories.ts';

function always(holds: (world: World) => void): void {
  fc.assert(
    fc.property(story, (steps) => holds(play(steps))),
    { numRuns: 500 },
  );
}

function eachTurn(holds: (turn: Turn) => void): void {
  always(({ turns }) => turns.forEach(holds));
}

/**
 * Commands that have an effect each time they are repeated: a renewal and a reset request create a new link; a
 * logout everywhere ends sessions that may have begun since; and a password may be changed to the same one.
 */
function happensAgain(command: Command): boolean {
  return (
    command.type === 'RenewVerification' ||
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
  test('gains nothing from a command that is run again in the state that it produced', () => {
    eachTurn(({ command, after }) => {
      if (!happensAgain(command)) assert.deepEqual(decide(after, command).facts, []);
    });
  });

  test('never goes back: ended is final, verified never ends', () => {
    const next: Record<AccountState['status'], readonly AccountState['status'][]> = {
      none: ['none', 'unverified'],
      unverified: ['unverified', 'verified', 'ended'],
      verified: ['verified'],
      ended: ['ended'],
    };
    eachTurn(({ before, after }) => assert.ok(next[before.status].includes(after.status)));
  });

  test('gains nothing at all once it has ended', () => {
    eachTurn(({ before, decision }) => {
      if (before.status === 'ended') assert.deepEqual(decision.facts, []);
    });
  });

  test('revokes sessions at a sequence that it has reached, never at a lower one', () => {
    eachTurn(({ before, after }) => {
      if (after.status === 'none') return;
      assert.ok(after.revokedAt <= after.sequence);
      if (before.status !== 'none') assert.ok(after.revokedAt >= before.revokedAt);
    });
  });

  test('revokes its sessions whenever password, role, standing or life is taken from them', () => {
    const ending = ['PasswordChanged', 'RoleChanged', 'AccountDisabled', 'RegistrationEnded'];
    eachTurn(({ decision: { facts }, after }) => {
      if (!typesOf(facts).some((type) => ending.includes(type))) return;
      assert.equal(facts.at(-1)?.type, 'SessionsRevoked');
      assert.ok(after.status !== 'none' && after.revokedAt === after.sequence);
    });
  });

  test('is the fold of its facts, and survives JSON at every step', () => {
    always(({ turns, accounts }) => {
      for (const [userId, state] of accounts) {
        const facts = turns.flatMap(({ before, after, decision }) =>
          isOf(userId, after) || isOf(userId, before) ? decision.facts : [],
        );
        assert.deepEqual(facts.reduce(evolve, initialState), state);
        assert.equal(state.status === 'none' ? 0 : state.sequence, facts.length);
      }
      for (const { after } of turns) assert.deepEqual(JSON.parse(JSON.stringify(after)), after);
    });
  });

  test('takes a claim exactly when it is verified', () => {
    eachTurn(({ before, decision: { facts } }) => {
      const claims = typesOf(facts).includes('AccountVerified') ? [`address:${address}`] : [];
      assert.deepEqual(keysOf(before, facts).claims ?? [], claims);
    });
  });

  test('is alone in having proven its address', () => {
    always(({ accounts, owner }) => {
      const verified = [...accounts].filter(([, { status }]) => status === 'verified').map(([id]) => id);
      assert.deepEqual(verified, owner === undefined ? [] : [owner]);
    });
  });

  test('is opened by a token of the right purpose only, in its time', () => {
    const opened = { Verify: 'verification', RejectRegistration: 'verification', CompleteReset: 'reset' };
    eachTurn(({ command, before, decision }) => {
      if (!('tokenHash' in command) || decision.facts.length === 0) return;
      assert.ok(before.status === 'unverified' || before.status === 'verified');
      const verification = before.status === 'unverified' ? before.verification : undefined;
      const link = opened[command.type] === 'reset' ? before.reset : verification;
      assert.equal(command.tokenHash, link?.hash);
      assert.ok(command.tokenHash.includes(opened[command.type]));
      assert.ok(command.now.toISOString() < (link?.expiresAt ?? ''));
    });
  });

  test('is verified by a link only together with what belongs to it, or with a new password', () => {
    eachTurn(({ command, before, decision: { facts } }) => {
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
  test('holds nothing of what is private', () => {
    eachTurn(({ decision: { facts } }) => {
      for (const { data } of facts) assert.doesNotMatch(JSON.stringify(data), /secret-hash/);
    });
  });

  test('is what the catalogue says, with no field more', () => {
    eachTurn(({ decision: { facts } }) => {
      for (const { type, data } of facts)
        assert.deepEqual(catalogue[type].schema.strict().parse(data), data, type);
    });
  });

  test('carries a sealed link exactly when the journal keeps its hash', () => {
    eachTurn(({ decision: { facts } }) => {
      for (const { data, private: kept } of facts) {
        const sealed = Object.entries(data).find(([name]) => name === 'verification' || name === 'reset');
        assert.equal(sealed !== undefined, kept !== undefined && 'link' in kept);
      }
    });
  });
});

describe('the stories', () => {
  /** Otherwise the properties might hold only because nothing ever happens. */
  test('lead to every outcome that the properties are about', () => {
    const seen = new Set<string>();
    for (const { turns } of fc.sample(story, { numRuns: 400, seed: 7 }).map(play)) {
      for (const { decision, command, after } of turns) {
        for (const type of typesOf(decision.facts)) seen.add(type);
        if (decision.refusal !== undefined) seen.add(`${command.type}: ${decision.refusal}`);
        if (decision.refusal !== undefined && decision.facts.length > 0) seen.add('a refusal with facts');
        seen.add(after.status);
      }
    }
    const missing = [
      ...['verified', 'ended', 'a refusal with facts'],
      ...['Verify: token_expired', 'Verify: password_required', 'CompleteReset: token_expired'],
      ...Object.keys(catalogue).filter((type) => type !== 'MailRequested'),
    ].filter((outcome) => !seen.has(outcome));
    assert.deepEqual(missing, []);
  });
});
