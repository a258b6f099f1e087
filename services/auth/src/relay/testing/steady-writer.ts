import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Journal } from '../../ports/journal.ts';
import { createCommit, createSessionsRevokedFact } from '../../ports/testing/commits.ts';

const ACCOUNTS = 240;
const COMMITS_AT_ONCE = 12;
const PAUSE_MS = 50;

export interface ContinuousCommitWriter {
  readonly accounts: readonly string[];
  start(): void;
  stop(): Promise<void>;
}

/** Creates a writer that keeps appending commits to random accounts. */
export function createContinuousCommitWriter(
  journal: Pick<Journal, 'append'>,
  nudge: (stream: string) => void,
): ContinuousCommitWriter {
  const accounts = Array.from({ length: ACCOUNTS }, () => ({ stream: randomUUID(), number: 1, sequence: 1 }));
  const stopping = new AbortController();
  let writing: Promise<void> = Promise.resolve();

  async function appendTo(account: (typeof accounts)[number]): Promise<void> {
    const at = new Date().toISOString();
    const events = Array.from({ length: randomInt(1, 3) }, () =>
      createSessionsRevokedFact(account.stream, at),
    );
    await journal.append(createCommit({ ...account, events, at }));
    account.number += 1;
    account.sequence += events.length;
    nudge(account.stream);
  }

  async function write(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (let i = 0; i < COMMITS_AT_ONCE; i++) {
        const account = accounts[randomInt(ACCOUNTS)];
        if (account) await appendTo(account);
      }
      await pause(PAUSE_MS);
    }
  }

  return {
    accounts: accounts.map(({ stream }) => stream),
    start() {
      writing = write();
    },
    async stop() {
      stopping.abort();
      await writing;
    },
  };
}
