import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { ACCOUNTS_TOPIC, MAILINGS_TOPIC } from '@latchkey/events';
import {
  createCommit,
  createMailRequestedFact,
  createSessionsRevokedFact,
  testSigner,
} from '../ports/testing/commits.ts';
import { toOutgoingCommit } from './outgoing.ts';

describe('an outgoing commit', () => {
  test('belongs to the topic of its events, which is one', async () => {
    const account = await toOutgoingCommit(createCommit(), testSigner.sign);
    assert.equal(account.topic, ACCOUNTS_TOPIC);
    const mailingId = randomUUID();
    const mailing = await toOutgoingCommit(
      createCommit({ stream: mailingId, events: [createMailRequestedFact(mailingId)] }),
      testSigner.sign,
    );
    assert.equal(mailing.topic, MAILINGS_TOPIC);
    const torn = createCommit({
      stream: mailingId,
      events: [createSessionsRevokedFact(mailingId), createMailRequestedFact(mailingId)],
    });
    await assert.rejects(toOutgoingCommit(torn, testSigner.sign), /a commit is of one topic/);
  });
});
