/** Adds the events of release 0.1 to the hash chain of their stream. */
import { type ChainEntry, chainEvent, coveredBy, newPersonSalt } from '@latchkey/events';
import type { Commit, Journal } from '../ports/journal.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';

/** Returns the chain entries of a commit's events. @param previous the hash of the last event before this commit */
export function chainEntriesOf(commit: Commit, previous: string | undefined): readonly ChainEntry[] {
  let last = previous;
  return toPublicEvents(commit).map((event, index) => {
    const entry = chainEvent(coveredBy(event, commit.events[index]?.stored), last, newPersonSalt());
    last = entry.hash;
    return entry;
  });
}

export function isChained({ events }: Pick<Commit, 'events'>): boolean {
  return events.every(({ chain }) => chain !== undefined);
}

/**
 * Chains the commits of a stream that are not chained yet, in order. Several processes may do so concurrently: the
 * entry that is stored first stays.
 * @returns the hash of the last event; undefined if the stream does not exist
 * @throws StoreUnavailable, or UnreadableCommit
 */
export async function chainStream(
  journal: Pick<Journal, 'read' | 'addChain'>,
  stream: string,
): Promise<string | undefined> {
  let head: string | undefined;
  for (const commit of await journal.read(stream)) {
    const entries = isChained(commit)
      ? commit.events.map(({ chain }) => chain)
      : await journal.addChain(commit, chainEntriesOf(commit, head));
    head = entries.at(-1)?.hash;
  }
  return head;
}
