/** The journal as others are to know it: for ops, who compare it with the log and write it there again. */
import { byKind, type Store } from '@latchkey/backend';
import type { LatchkeyEvent } from '@latchkey/events';
import { UnreadableCommit } from './ports/journal.ts';
import type { JournalPages, LyingCommit } from './ports/verifying.ts';
import { toPublic } from './relay/to-public.ts';
import { createMongoJournalPages } from './storage/mongo/verifying.ts';
import { createSqliteJournalPages } from './storage/sqlite/verifying.ts';

export type { OverLease } from './ports/verifying.ts';

export interface JournaledEvent {
  /** As it is published. */
  readonly event: LatchkeyEvent;
  /** The number of its commit within its stream. */
  readonly commit: number;
  /** When that was appended: RFC 3339, UTC. */
  readonly at: string;
  /** False: the relay has yet to publish it. */
  readonly published: boolean;
}

/** All events of an account or a mailing. */
export interface JournaledStream {
  readonly id: string;
  /** From sequence 1, without a gap. */
  readonly events: readonly JournaledEvent[];
  /** Why the journal itself cannot be followed beyond them; names nobody. */
  readonly flaw?: string;
}

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface JournalView extends Pick<JournalPages, 'leasesOver'> {
  /** Every stream by its id, some at a time, each as it is when it is come to. Holds a few hundred commits. */
  streams(): AsyncIterable<readonly JournaledStream[]>;
  /** One stream as it is now. */
  stream(id: string): Promise<JournaledStream | undefined>;
}

const openPages = byKind<JournalPages>({
  mongo: ({ connection }) => createMongoJournalPages(connection),
  sqlite: ({ database }) => createSqliteJournalPages(database),
});

/** Only reads; may be used beside running servers. */
export function openJournalView(store: Store): JournalView {
  const journal = openPages(store);
  return {
    leasesOver: journal.leasesOver,
    streams: () => streamsOf(journal.pages()),
    async stream(id) {
      const commits = await journal.ofStream(id);
      return commits.length === 0 ? undefined : streamOf(id, commits);
    },
  };
}

/** The last stream of a page may go on in the next one. */
async function* streamsOf(
  pages: ReturnType<JournalPages['pages']>,
): AsyncGenerator<readonly JournaledStream[]> {
  let open: readonly LyingCommit[] = [];
  for await (const page of pages) {
    const streams = [...Map.groupBy([...open, ...page], ({ stream }) => stream)];
    open = streams.pop()?.[1] ?? [];
    if (streams.length > 0) yield streams.map(([id, commits]) => streamOf(id, commits));
  }
  const [first] = open;
  if (first !== undefined) yield [streamOf(first.stream, open)];
}

function streamOf(id: string, commits: readonly LyingCommit[]): JournaledStream {
  const events: JournaledEvent[] = [];
  for (const [index, { events: facts, published, ...commit }] of commits.entries()) {
    const flaw = flawOf(commit, index + 1, events.length + 1);
    if (flaw !== undefined) return { id, events, flaw };
    if (facts instanceof UnreadableCommit) return { id, events, flaw: facts.message };
    const { number, at } = commit;
    for (const event of toPublic({ ...commit, events: facts }))
      events.push({ event, commit: number, at, published });
  }
  return { id, events };
}

function flawOf(
  { number, sequence }: Pick<LyingCommit, 'number' | 'sequence'>,
  due: number,
  sequenceDue: number,
): string | undefined {
  if (number !== due) return `Commit ${due} is missing.`;
  if (sequence !== sequenceDue)
    return `Commit ${number} begins with sequence ${sequence}, not ${sequenceDue}.`;
  return undefined;
}
