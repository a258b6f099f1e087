/** Adds hash-chain entries to events that release 0.1 appended without such entries. */
import { type ChainEntry, chainEvent, coveredBy, newPersonSalt } from '@latchkey/events';
import type { Commit, Journal } from '../ports/journal.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';

/**
 * Computes the hash-chain entries of a commit's events.
 * @param previous the hash of the last event before the commit
 */
export function computeChainEntries(commit: Commit, previous: string | undefined): readonly ChainEntry[] {
  let last = previous;
  return toPublicEvents(commit).map((event, index) => {
    const entry = chainEvent(coveredBy(event, commit.events[index]?.stored), last, newPersonSalt());
    last = entry.hash;
    return entry;
  });
}

/**
 * Returns a new commit with the hash-chain entries of its events.
 * @param previous the hash of the last event before the commit
 */
export function addChainEntriesToCommit(commit: Commit, previous: string | undefined): Commit {
  const entries = computeChainEntries(commit, previous);
  return {
    ...commit,
    events: commit.events.map((fact, index) => {
      const chain = entries[index];
      return chain === undefined ? fact : { ...fact, chain };
    }),
  };
}

export function hasChainEntries({ events }: Pick<Commit, 'events'>): boolean {
  return events.every(({ chain }) => chain !== undefined);
}

/**
 * Adds hash-chain entries to those commits of a stream that lack them, in order. May run concurrently,
 * because entries that are already stored are never replaced.
 * @returns the hash of the stream's last event; undefined if the stream does not exist
 * @throws StoreUnavailable, or UnreadableCommit
 */
export async function addMissingChainEntries(
  journal: Pick<Journal, 'read' | 'addChain'>,
  stream: string,
): Promise<string | undefined> {
  let head: string | undefined;
  for (const commit of await journal.read(stream)) {
    const entries = hasChainEntries(commit)
      ? commit.events.map(({ chain }) => chain)
      : await journal.addChain(commit, computeChainEntries(commit, head));
    head = entries.at(-1)?.hash;
  }
  return head;
}
