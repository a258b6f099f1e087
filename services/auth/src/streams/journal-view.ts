/**
 * A view of the journal in which events have the form in which they are published. Ops commands use this view
 * to compare the journal with the log, and to publish events again.
 */
import { type ChainEntry, chainFlaw, coveredBy, type LatchkeyEvent, type StoredData } from '@latchkey/events';
import type { JournaledEvent, JournaledStream, JournalView } from '@latchkey/verify';
import { UnreadableCommit } from '../ports/journal.ts';
import type { StoredCommit, StoredCommitReader } from '../ports/stored-commits.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';

export function createJournalView(stored: StoredCommitReader): JournalView {
  return {
    expiredLeases: stored.expiredLeases,
    streams: () => streamsOf(stored.pages()),
    async stream(id) {
      const commits = await stored.ofStream(id);
      return commits.length === 0 ? undefined : streamOf(id, commits);
    },
  };
}

/**
 * Yields each stream of the journal with all of its commits. The commits of a stream may continue on the next
 * page, so the last stream of a page is yielded only after the next page has been read.
 */
async function* streamsOf(
  pages: AsyncIterable<readonly StoredCommit[]>,
): AsyncGenerator<readonly JournaledStream[]> {
  let open: readonly StoredCommit[] = [];
  for await (const page of pages) {
    const streams = [...Map.groupBy([...open, ...page], ({ stream }) => stream)];
    open = streams.pop()?.[1] ?? [];
    if (streams.length > 0) yield streams.map(([id, commits]) => streamOf(id, commits));
  }
  const [first] = open;
  if (first !== undefined) yield [streamOf(first.stream, open)];
}

function streamOf(id: string, commits: readonly StoredCommit[]): JournaledStream {
  const events: JournaledEvent[] = [];
  for (const [index, { events: facts, published, ...commit }] of commits.entries()) {
    const flaw = flawOf(commit, index + 1, events.length + 1);
    if (flaw !== undefined) return { id, events, flaw };
    if (facts instanceof UnreadableCommit) return { id, events, flaw: facts.message };
    const { number, at } = commit;
    for (const [place, event] of toPublicEvents({ ...commit, events: facts }).entries()) {
      const { chain, stored } = facts[place] ?? {};
      const broken = brokenChain(event, { chain, stored }, events.at(-1)?.chain?.hash);
      if (broken !== undefined) return { id, events, flaw: `event ${event.sequence}: ${broken}` };
      events.push({
        event,
        ...(chain && { chain }),
        ...(stored && { stored }),
        commit: number,
        at,
        published,
      });
    }
  }
  return { id, events };
}

/** Returns what is wrong with the place of an event in the hash chain; undefined if the chain is intact. */
function brokenChain(
  event: LatchkeyEvent,
  { chain, stored }: { readonly chain: ChainEntry | undefined; readonly stored: StoredData | undefined },
  previous: string | undefined,
): string | undefined {
  // An event without a hash-chain entry cannot be checked. During a rolling upgrade, a process of release 0.1
  // may append such an event to a stream whose earlier events have entries. The entry of the next event may
  // then contain no previous hash.
  if (chain === undefined) return undefined;
  if (chain.previous !== previous) return 'its previous hash differs from the hash of the previous event';
  try {
    return chainFlaw(coveredBy(event, stored), chain);
  } catch {
    return 'it violates its contract';
  }
}

function flawOf(
  { number, sequence }: Pick<StoredCommit, 'number' | 'sequence'>,
  due: number,
  sequenceDue: number,
): string | undefined {
  if (number !== due) return `Commit ${due} is missing.`;
  if (sequence !== sequenceDue)
    return `Commit ${number} begins with sequence ${sequence}, not ${sequenceDue}.`;
  return undefined;
}
