/** Some of the accounts and mailings, all the way: read, compared, and what disagrees looked at again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JournaledStream, JournalView } from '@latchkey/auth/verifying';
import type { ProfileView } from '@latchkey/user/verifying';
import type { Tell } from '../tell.ts';
import type { TopicFollower } from './follow-topics.ts';
import type { StreamLook } from './look.ts';
import type { Concerns } from './passes.ts';
import type { TopicBook } from './topic-book.ts';

export interface PassDeps {
  readonly concerns: Concerns;
  readonly journal: Pick<JournalView, 'streams' | 'stream'>;
  readonly profiles: Pick<ProfileView, 'ids'>;
  readonly book: TopicBook;
  readonly topics: TopicFollower;
  look(streams: readonly JournaledStream[]): Promise<readonly StreamLook[]>;
  /** How long what disagrees is looked at again, and how long to wait between two looks, in ms. */
  readonly patienceMs: number;
  readonly pauseMs: number;
  /** Told of each stream once: that it agrees, or that patience has ended. */
  done(look: StreamLook): void;
  /** Told of each stream that is to be looked at again. */
  doubted(): void;
  readonly progress: Tell;
}

const STREAMS_AT_ONCE = 100;

/** Topics first: whatever is on them has been in the journal before. */
export async function runPass(deps: PassDeps): Promise<void> {
  const { book, profiles, concerns, topics } = deps;
  const suspects = new Set<string>();
  await topics.readOn();
  await compareJournal(deps, suspects);
  for (const subject of book.unknown()) suspects.add(subject);
  for await (const ids of profiles.ids()) {
    for (const id of ids) if (concerns(id) && !book.of(id).known) suspects.add(id);
  }
  for (const _ of suspects) deps.doubted();
  await lookAgain(deps, suspects);
}

async function compareJournal(deps: PassDeps, suspects: Set<string>): Promise<void> {
  const { journal, concerns, book, look, done, progress } = deps;
  let seen = 0;
  for await (const streams of journal.streams()) {
    const ours = streams.filter(({ id }) => concerns(id));
    for (const { id } of ours) book.markKnown(id);
    for (const each of await look(ours)) {
      if (each.findings.length === 0) done(each);
      else suspects.add(each.stream.id);
    }
    seen += streams.length;
    progress('accounts and mailings compared', seen);
  }
}

/** Until they agree, or patience ends: then they are done with as they are. */
async function lookAgain(deps: PassDeps, suspects: Set<string>): Promise<void> {
  const { topics, patienceMs, pauseMs, done, progress } = deps;
  const giveUp = performance.now() + patienceMs;
  for (let last = false; suspects.size > 0 && !last; ) {
    progress('accounts and mailings to be looked at again', suspects.size);
    await pause(pauseMs);
    last = performance.now() >= giveUp;
    await topics.readOn();
    for await (const each of looksAt(deps, [...suspects])) {
      if (each.findings.length > 0 && !last) continue;
      suspects.delete(each.stream.id);
      done(each);
    }
  }
}

async function* looksAt({ journal, look }: PassDeps, ids: readonly string[]): AsyncGenerator<StreamLook> {
  for (let at = 0; at < ids.length; at += STREAMS_AT_ONCE) {
    const some = ids.slice(at, at + STREAMS_AT_ONCE);
    const streams = await Promise.all(
      some.map(async (id) => (await journal.stream(id)) ?? { id, events: [] }),
    );
    yield* await look(streams);
  }
}
