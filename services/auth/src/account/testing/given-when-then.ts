/**
 * Helpers for tests of the rules. Each test says which facts an account has, which command is run, and which
 * facts then follow.
 */
import assert from 'node:assert/strict';
import type { AccountCommand } from '../commands.ts';
import { decide } from '../decide.ts';
import type { AccountFact } from '../facts.ts';
import type { RefusalKind } from '../refusals.ts';
import {
  type AccountState,
  applyAccountFact,
  initialAccountState,
  type UnverifiedAccount,
  type VerifiedAccount,
} from '../state.ts';

/** The assertions about the outcome of a command. */
export interface CommandOutcomeAssertions {
  /** Asserts that the command leads to exactly these facts, in this order, and is not refused. */
  thenHappens(...facts: readonly AccountFact[]): void;
  /**
   * Asserts that the command is refused with this kind of refusal, and leads to these facts despite the
   * refusal.
   */
  thenRefused(kind: RefusalKind, ...facts: readonly AccountFact[]): void;
  /** Asserts that the command leads neither to facts nor to a refusal. */
  thenNothing(): void;
}

/** Computes the state of an account from all of its facts. */
export function foldFacts(facts: readonly AccountFact[]): AccountState {
  return facts.reduce(applyAccountFact, initialAccountState);
}

/** Computes the state of an account from all of its facts, which must include its sign-up. */
export function computeAccountStateAfterFacts(
  ...facts: readonly AccountFact[]
): Exclude<AccountState, { status: 'none' }> {
  const state = foldFacts(facts);
  assert.ok(state.status !== 'none');
  return state;
}

export function computeUnverifiedAccountAfterFacts(...facts: readonly AccountFact[]): UnverifiedAccount {
  const state = foldFacts(facts);
  assert.ok(state.status === 'unverified');
  return state;
}

export function computeVerifiedAccountAfterFacts(...facts: readonly AccountFact[]): VerifiedAccount {
  const state = foldFacts(facts);
  assert.ok(state.status === 'verified');
  return state;
}

/** Starts a test of the account rules with the facts that the account already has. */
export function given(...past: readonly AccountFact[]): {
  when(command: AccountCommand): CommandOutcomeAssertions;
} {
  return {
    when: (command) => {
      // Leave out the claims: these tests compare only facts and refusals.
      const { claims: _, ...decision } = decide(foldFacts(past), command);
      return {
        thenHappens: (...facts) => assert.deepEqual(decision, { facts }),
        thenRefused: (refusal, ...facts) => assert.deepEqual(decision, { facts, refusal }),
        thenNothing: () => assert.deepEqual(decision, { facts: [] }),
      };
    },
  };
}
