import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { AccessClaims } from '@latchkey/tokens';
import { RevocationsUnavailable } from '../session-status.ts';
import { revocations } from './revocations.ts';

const ada = randomUUID();

function claims(sub: string, seq: number): AccessClaims {
  return {
    iss: 'https://id.example.com',
    aud: 'latchkey',
    sub,
    sid: 's1',
    client_id: 'latchkey',
    iat: 1,
    exp: 2,
    jti: 'j1',
    email_verified: true,
    role: 'user',
    seq,
  };
}

const revoked = {
  specversion: '1.0',
  id: randomUUID(),
  source: '/latchkey/auth',
  type: 'SessionsRevoked',
  subject: ada,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  dataschema: 'urn:latchkey:event:SessionsRevoked:1',
  sequence: '0000000002',
  correlationid: 'request-1',
  causationid: 'command-1',
  feedpartition: 0,
  feedoffset: 1,
  data: { userId: ada, reason: 'logout-all' },
};

function page(cursor: string, behind: number, events: readonly object[] = []): Response {
  return Response.json(events, { headers: { 'feed-cursor': cursor, 'feed-behind': String(behind) } });
}

function problem(status: number, code: string): Response {
  const type = `urn:latchkey:problem:${code}`;
  return Response.json({ type, code, status, detail: code }, { status });
}

/** Follows a feed that sends only the given responses. */
function follow(...responses: readonly Response[]) {
  const waiting = [...responses];
  const logged: string[] = [];
  const following = revocations({
    feed: {
      url: 'http://latchkey.test',
      key: 'secret',
      async fetch(_url, init) {
        const next = waiting.shift();
        if (next !== undefined) return next;
        const { signal } = init ?? {};
        assert.ok(signal);
        if (!signal.aborted) await once(signal, 'abort');
        throw signal.reason;
      },
    },
    logger: {
      info: () => undefined,
      warn: (_fields, message) => void logged.push(message),
      error: (_fields, message) => void logged.push(message),
    },
  });
  return { ...following, logged };
}

describe('following revocations', () => {
  test('knows those from before the start once it is ready, even if requests fail meanwhile', async (context) => {
    const { ready, healthy, sessionStatus, stop, logged } = follow(
      problem(503, 'unavailable'),
      page('a', 1),
      problem(429, 'rate_limited'),
      page('b', 0, [revoked]),
    );
    context.after(stop);
    assert.equal(healthy(), false);
    await ready();
    assert.equal(healthy(), true);
    assert.equal(await sessionStatus(claims(ada, 1), ''), 'revoked');
    assert.deepEqual(await sessionStatus(claims(ada, 2), ''), {});
    assert.deepEqual(await sessionStatus(claims(randomUUID(), 1), ''), {});
    assert.deepEqual(logged, [
      'the feed cannot be reached; trying again',
      'events could not be read; trying again',
    ]);
  });

  test('accepts no token if its key is refused, and logs that', async (context) => {
    const { ready, sessionStatus, stop, logged } = follow(problem(403, 'insufficient_permission'));
    context.after(stop);
    await assert.rejects(ready(), { name: 'FeedRefusedError' });
    await assert.rejects(async () => sessionStatus(claims(ada, 2), ''), RevocationsUnavailable);
    assert.deepEqual(logged, ['account events cannot be read, so no access token is accepted']);
  });

  test('logs nothing if it is stopped before it is ready', async () => {
    const { ready, stop, logged } = follow();
    await stop();
    await assert.rejects(ready());
    assert.deepEqual(logged, []);
  });
});
