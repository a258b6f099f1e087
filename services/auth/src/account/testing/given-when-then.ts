/**
 * Helpers for rule tests of the form: given these facts, when this command is run, then these facts follow.
 */
import assert from 'node:assert/strict';
import type { AccountCommand } from '../commands.ts';
import { decide } from '../decide.ts';
import type { AccountFact } from '../facts.ts';
import type { RefusalKind } from '../refusals.ts';
import {
  type AccountState,
  evolve,
  initialAccountState,
  type UnverifiedAccount,
  type VerifiedAccount,
} from '../state.ts';

/** The assertions about the outcome of a command. */
export interface OutcomeAssertions {
  /** Asserts exactly these facts, in this order, and no refusal. */
  thenHappens(...facts: readonly AccountFact[]): void;
  /** Asserts a refusal of this kind, and the facts that are appended despite it. */
  thenRefused(kind: RefusalKind, ...facts: readonly AccountFact[]): void;
  /** Asserts that nothing happens: neither facts nor a refusal. */
  thenNothing(): void;
}

/** Folds the facts of an account, from its beginning. */
export function foldFacts(facts: readonly AccountFact[]): AccountState {
  return facts.reduce(evolve, initialAccountState);
}

/** Folds the facts of an account, which must include its sign-up. */
export function stateAfter(...facts: readonly AccountFact[]): Exclude<AccountState, { status: 'none' }> {
  const state = foldFacts(facts);
  assert.ok(state.status !== 'none');
  return state;
}

export function unverifiedAccountAfter(...facts: readonly AccountFact[]): UnverifiedAccount {
  const state = foldFacts(facts);
  assert.ok(state.status === 'unverified');
  return state;
}

export function verifiedAccountAfter(...facts: readonly AccountFact[]): VerifiedAccount {
  const state = foldFacts(facts);
  assert.ok(state.status === 'verified');
  return state;
}

/** Starts a rule test with the facts that the account already has. */
export function given(...past: readonly AccountFact[]): { when(command: AccountCommand): OutcomeAssertions } {
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
