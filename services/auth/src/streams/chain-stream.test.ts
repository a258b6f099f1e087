import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { chainFlaw, coveredBy } from '@latchkey/events';
import {
  createCommits,
  createUserRegisteredFact,
  removeChainEntries,
  testSigner,
} from '../ports/testing/commits.ts';
import { createMemoryStores } from '../ports/testing/memory-stores.ts';
import { toOutgoingCommit } from '../relay/outgoing.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';
import { withTestWorld } from '../testing/world.ts';
import { addMissingChainEntries } from './chain-stream.ts';

async function older() {
  const { journal, outbox } = createMemoryStores();
  const stream = randomUUID();
  const commits = createCommits(stream, 3);
  for (const commit of commits) await journal.append(removeChainEntries(commit));
  return { journal, outbox, stream };
}

/**
 * Asserts that every hash-chain entry matches its event and refers to the previous entry.
 * @returns the hash of the last entry
 */
async function assertChained({
  journal,
  stream,
}: Pick<Awaited<ReturnType<typeof older>>, 'journal' | 'stream'>) {
  let previous: string | undefined;
  for (const commit of await journal.read(stream)) {
    for (const [index, event] of toPublicEvents(commit).entries()) {
      const chain = commit.events[index]?.chain;
      assert.ok(chain);
      assert.equal(chain.previous, previous);
      assert.equal(chainFlaw(coveredBy(event), chain), undefined);
      previous = chain.hash;
    }
  }
  return previous;
}

describe('a stream of release 0.1', () => {
  test('is chained as a whole, and stays as it is', async () => {
    const given = await older();
    const head = await addMissingChainEntries(given.journal, given.stream);
    assert.equal(await assertChained(given), head);
    assert.equal(await addMissingChainEntries(given.journal, given.stream), head);
  });

  test('continues from where another process was interrupted', async () => {
    const given = await older();
    const { journal, stream } = given;
    let calls = 0;
    const failing = {
      ...journal,
      addChain: (...args: Parameters<typeof journal.addChain>) => {
        calls += 1;
        return calls === 2 ? Promise.reject(new Error('killed')) : journal.addChain(...args);
      },
    };
    await assert.rejects(addMissingChainEntries(failing, stream), /killed/);
    await addMissingChainEntries(journal, stream);
    await assertChained(given);
  });

  test(
    'is chained before its next commit',
    withTestWorld(async ({ deps, freshAccounts }) => {
      const { journal } = deps;
      const stream = randomUUID();
      const commits = createCommits(stream, 2);
      const [first, second] = commits;
      assert.ok(first && second);
      const registered = { ...first, events: [createUserRegisteredFact(stream, 'old@example.com')] };
      await journal.append(registered);
      await journal.append(removeChainEntries(second));
      await freshAccounts().execute(stream, { correlationId: 'r' }, () => ({
        type: 'RevokeSessions',
        reason: 'logout-all',
      }));
      assert.equal((await journal.read(stream)).length, 3);
      await assertChained({ journal, stream });
    }),
  );
});

test('an event that does not match its hash is not published', async () => {
  const [commit] = createCommits(randomUUID(), 1);
  assert.ok(commit);
  const [event] = commit.events;
  assert.ok(event);
  const changed = { ...commit, events: [{ ...event, time: '2027-01-01T00:00:00.000Z' }] };
  await assert.rejects(toOutgoingCommit(changed, testSigner.sign), /does not match its hash/);
  await assert.rejects(
    toOutgoingCommit(removeChainEntries(commit), testSigner.sign),
    /no place in a hash chain/,
  );
});
