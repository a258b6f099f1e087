/** Rules as sentences: given what happened, when something is asked, then that follows. */
import assert from 'node:assert/strict';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { AccountFact } from '../facts.ts';
import type { RefusalKind } from '../refusals.ts';
import { type AccountState, evolve, initialState } from '../state.ts';

export interface Then {
  /** Exactly these facts, in this order, and no refusal. */
  thenHappens(...facts: readonly AccountFact[]): void;
  /** Refused for this reason; facts that are appended all the same are named. */
  thenRefused(kind: RefusalKind, ...facts: readonly AccountFact[]): void;
  /** Neither facts nor a refusal. */
  thenNothing(): void;
}

/** The state after facts, from the beginning of an account. */
export function stateAfter(...facts: readonly AccountFact[]): AccountState {
  return facts.reduce(evolve, initialState);
}

export function given(...past: readonly AccountFact[]): { when(command: Command): Then } {
  return {
    when: (command) => {
      const decision = decide(stateAfter(...past), command);
      return {
        thenHappens: (...facts) => assert.deepEqual(decision, { facts }),
        thenRefused: (refusal, ...facts) => assert.deepEqual(decision, { facts, refusal }),
        thenNothing: () => assert.deepEqual(decision, { facts: [] }),
      };
    },
  };
}
