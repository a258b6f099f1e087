import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { ACCOUNTS_TOPIC, MAILINGS_TOPIC } from '@latchkey/events';
import { commitOf, commitsOf, mailRequested, sessionsRevoked } from '../ports/testing/commits.ts';
import { batchesOf, outgoingCommit } from './outgoing.ts';

describe('batches of commits', () => {
  const commits = commitsOf(randomUUID(), 10).map(outgoingCommit);
  const [{ bytes } = { bytes: 0 }] = commits;
  function sizes(limits: { commits: number; bytes: number }) {
    return [...batchesOf(commits, limits)].map((batch) => batch.length);
  }

  test('hold no more commits than they may, in order', () => {
    const batches = [...batchesOf(commits, { commits: 4, bytes: 1e6 })];
    assert.deepEqual(
      batches.map((batch) => batch.map(({ number }) => number)),
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10],
      ],
    );
  });

  test('hold no more bytes than they may', () => {
    assert.deepEqual(sizes({ commits: 100, bytes: 3 * bytes }), [3, 3, 3, 1]);
    assert.deepEqual(sizes({ commits: 100, bytes: 3 * bytes - 1 }), [2, 2, 2, 2, 2]);
  });

  test('hold one commit at least', () => {
    assert.deepEqual(sizes({ commits: 100, bytes: 1 }), Array(10).fill(1));
  });

  test('there are none of nothing', () => {
    assert.deepEqual([...batchesOf([], { commits: 1, bytes: 1 })], []);
  });

  test('are of the topic of their stream', () => {
    const mailingId = randomUUID();
    const mailing = outgoingCommit(commitOf({ stream: mailingId, events: [mailRequested(mailingId)] }));
    assert.equal(mailing.topic, MAILINGS_TOPIC);
    assert.deepEqual([...new Set(commits.map(({ topic }) => topic))], [ACCOUNTS_TOPIC]);
    const torn = commitOf({
      stream: mailingId,
      events: [sessionsRevoked(mailingId), mailRequested(mailingId)],
    });
    assert.throws(() => outgoingCommit(torn), /a commit is of one topic/);
  });
});
