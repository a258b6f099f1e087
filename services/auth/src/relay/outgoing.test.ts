import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { ACCOUNTS_TOPIC, MAILINGS_TOPIC } from '@latchkey/events';
import { commitOf, mailRequested, sessionsRevoked, testSigner } from '../ports/testing/commits.ts';
import { outgoingCommit } from './outgoing.ts';

describe('an outgoing commit', () => {
  test('belongs to the topic of its events, which is one', () => {
    const account = outgoingCommit(commitOf(), testSigner);
    assert.equal(account.topic, ACCOUNTS_TOPIC);
    const mailingId = randomUUID();
    const mailing = outgoingCommit(
      commitOf({ stream: mailingId, events: [mailRequested(mailingId)] }),
      testSigner,
    );
    assert.equal(mailing.topic, MAILINGS_TOPIC);
    const torn = commitOf({
      stream: mailingId,
      events: [sessionsRevoked(mailingId), mailRequested(mailingId)],
    });
    assert.throws(() => outgoingCommit(torn, testSigner), /a commit is of one topic/);
  });
});
