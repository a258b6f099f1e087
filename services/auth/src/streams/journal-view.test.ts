import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Commit } from '../ports/journal.ts';
import {
  createCommit,
  createCommits,
  createRegistrationCommit,
  createSessionsRevokedFact,
} from '../ports/testing/commits.ts';
import { openTemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { addChainEntriesToCommit } from './chain-stream.ts';
import { createJournalView } from './journal-view.ts';

async function openView(t: TestContext, commits: readonly Commit[]) {
  const { database, stores, close } = await openTemporaryStores();
  t.after(close);
  const { journal, outbox } = stores;
  for (const commit of linked(commits)) await journal.append(commit);
  function run(sql: string) {
    return database.write(() => void database.prepare(sql).run());
  }
  return { view: createJournalView(stores.storedCommits), outbox, run };
}

/** Adds hash-chain entries to the events, as in the real journal. */
function linked(commits: readonly Commit[]): readonly Commit[] {
  const heads = new Map<string, string>();
  return commits.map((commit) => {
    const added = addChainEntriesToCommit(commit, heads.get(commit.stream));
    heads.set(commit.stream, added.events.at(-1)?.chain?.hash ?? '');
    return added;
  });
}

function sequences(events: readonly { event: { sequence: number } }[]) {
  return events.map(({ event }) => event.sequence);
}

test('a stream is returned as its published events, each with its commit', async (t) => {
  const stream = randomUUID();
  const first = createRegistrationCommit('ada@example.com', { stream });
  const second = createCommit({
    stream,
    number: 2,
    events: [createSessionsRevokedFact(stream), createSessionsRevokedFact(stream)],
  });
  const { view, outbox } = await openView(t, [first, second]);
  await outbox.markPublished([first]);

  const laid = await view.stream(stream);
  assert.deepEqual(sequences(laid?.events ?? []), [1, 2, 3]);
  assert.deepEqual(
    laid?.events.map(({ commit, published, at }) => [commit, published, at]),
    [
      [1, true, first.at],
      [2, false, second.at],
      [2, false, second.at],
    ],
  );
  assert.equal(laid?.flaw, undefined);
  assert.doesNotMatch(JSON.stringify(laid), /passwordHash|private/);
  assert.equal(await view.stream(randomUUID()), undefined);
});

test('streams are returned complete, even one that is longer than a page, and those around it', async (t) => {
  const ids = Array.from({ length: 5 }, () => randomUUID()).toSorted();
  const commits = ids.flatMap((id, index) => createCommits(id, index === 2 ? 1234 : 3));
  const { view } = await openView(t, commits);
  const streams = (await Array.fromAsync(view.streams())).flat();
  assert.deepEqual(
    streams.map(({ id, events }) => [id, events.length]),
    ids.map((id, index) => [id, index === 2 ? 1234 : 3]),
  );
});

test('a stream with a flaw is returned up to the flaw, with the reason', async (t) => {
  const [lacking, damaged, shifted] = [randomUUID(), randomUUID(), randomUUID()];
  const { view, run } = await openView(
    t,
    [lacking, damaged, shifted].flatMap((id) => createCommits(id, 3)),
  );
  await run(`DELETE FROM journal_commit WHERE stream = '${lacking}' AND number = 2`);
  await run(`UPDATE journal_commit SET events = '{}' WHERE stream = '${damaged}' AND number = 3`);
  await run(`UPDATE journal_commit SET sequence = 7 WHERE stream = '${shifted}' AND number = 2`);

  async function seen(id: string) {
    const stream = await view.stream(id);
    return [sequences(stream?.events ?? []), stream?.flaw];
  }
  assert.deepEqual(await seen(lacking), [[1], 'Commit 2 is missing.']);
  assert.deepEqual(await seen(damaged), [
    [1, 2],
    `Commit 3 of stream ${damaged} cannot be read: not a list of events.`,
  ]);
  assert.deepEqual(await seen(shifted), [[1], 'Commit 2 begins with sequence 7, not 2.']);
});

test('an event that was changed ends its stream; events of release 0.1 after chained ones do not', async (t) => {
  const [changed, later] = [randomUUID(), randomUUID()];
  const { view, run } = await openView(t, [...createCommits(changed, 2), ...createCommits(later, 2)]);
  await run(
    `UPDATE journal_commit SET events = replace(events, 'logout-all', 'admin') WHERE stream = '${changed}'`,
  );
  await run(
    `UPDATE journal_commit SET events = (SELECT json_group_array(json_remove(value, '$.chain')) FROM json_each(events))
      WHERE stream = '${later}' AND number = 2`,
  );
  assert.match((await view.stream(changed))?.flaw ?? '', /^event \d: its content does not match its hash$/);
  const laid = await view.stream(later);
  assert.deepEqual([laid?.flaw, laid?.events.length], [undefined, 2]);
});
