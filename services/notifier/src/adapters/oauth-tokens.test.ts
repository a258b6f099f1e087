import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SmtpFailure } from './failure.smtp.ts';
import { createFileTokenSource, createOAuthTokenSource, findTokenFileFault } from './oauth-tokens.ts';

async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

/** Requests an access token, and returns the error with which the request fails. */
async function failureOf(tokenUrl: string): Promise<SmtpFailure> {
  const source = createOAuthTokenSource({ tokenUrl, clientId: 'a', clientSecret: 'hush' }, () => 0);
  const error: unknown = await source.token(false).then(
    () => assert.fail('a token was returned'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SmtpFailure);
  return error;
}

describe('a token endpoint', () => {
  for (const [status, isLasting] of [
    [400, true],
    [401, true],
    [408, undefined],
    [429, undefined],
    [500, undefined],
    [503, undefined],
  ] as const) {
    it(`that answers ${status} is a ${isLasting ? 'lasting' : 'temporary'} failure`, async (t) => {
      const url = await listen(t, (_request, response) => response.writeHead(status).end());
      const failed = await failureOf(url);
      assert.equal(failed.failure.words, `the token endpoint answered ${status}`);
      assert.equal(failed.isLasting, isLasting);
    });
  }

  it('that redirects elsewhere gets the secret, and no other server does', async (t) => {
    let others = 0;
    const other = await listen(t, (_request, response) => {
      others += 1;
      response.end(JSON.stringify({ access_token: 'stolen' }));
    });
    const url = await listen(t, (_request, response) => response.writeHead(307, { location: other }).end());
    const failed = await failureOf(url);
    assert.equal(failed.failure.words, 'the token endpoint answered 307');
    assert.equal(failed.isLasting, true);
    assert.equal(others, 0);
  });
});

describe('a token file', () => {
  async function tokenFile(t: TestContext): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-token-'));
    t.after(() => rm(folder, { recursive: true }));
    return join(folder, 'token');
  }

  it('is read at each login', async (t) => {
    const path = await tokenFile(t);
    const source = createFileTokenSource(path);
    for (const token of ['first', 'second']) {
      await writeFile(path, `${token}\n`);
      assert.equal(await source.token(false), token);
    }
    assert.equal(await findTokenFileFault(path), undefined);
  });

  it('that is missing or empty is a lasting failure', async (t) => {
    const path = await tokenFile(t);
    const source = createFileTokenSource(path);
    for (const fault of [
      'the file of MAIL_OAUTH_TOKEN_FILE cannot be read',
      'the file of MAIL_OAUTH_TOKEN_FILE is empty',
    ]) {
      assert.equal(await findTokenFileFault(path), fault);
      await assert.rejects(source.token(false), { message: fault, isLasting: true });
      await writeFile(path, '\n');
    }
  });
});
