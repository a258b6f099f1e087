import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  createCommit,
  createSessionsRevokedFact,
  createUserRegisteredFact,
} from '../ports/testing/commits.ts';
import { toPublicEvents } from './to-public-events.ts';

describe('the published form of a commit', () => {
  const stream = randomUUID();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const facts = [
    createUserRegisteredFact(stream, 'ada@example.com'),
    createSessionsRevokedFact(stream),
  ] as const;
  const commit = createCommit({ stream, number: 3, sequence: 7, events: facts, traceparent });

  test('numbers its events on from the commit, and says what caused them', () => {
    const { commandId: causationId, correlationId } = commit;
    const envelope = { subject: stream, causationId, correlationId, traceparent };
    assert.deepEqual(
      toPublicEvents(commit),
      facts.map(({ id, time, type, data }, index) => ({
        ...envelope,
        id,
        time,
        type,
        data,
        sequence: 7 + index,
      })),
    );
  });

  test('contains no private data', () => {
    const text = JSON.stringify(toPublicEvents(commit));
    assert.doesNotMatch(text, /private|hash/i);
    assert.match(text, /ada@example\.com/);
  });

  test('has no trace context if the request had none', () => {
    const [event] = toPublicEvents(createCommit());
    assert.ok(event);
    assert.equal('traceparent' in event, false);
  });
});
