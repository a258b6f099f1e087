import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createGuard } from '@latchkey/guard';
import { createTestTokens } from '@latchkey/guard/testing';
import { createApp } from './app.ts';
import { createBookRepository } from './books.ts';
import { readSettings } from './settings.ts';

async function open(context: TestContext) {
  const tokens = await createTestTokens();
  const server = createApp(createGuard(tokens.options), createBookRepository()).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/books`;
  async function ask(method: string, path: string, token?: string, body?: object) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  }
  return { tokens, ask };
}

const sicp = { title: 'Structure and Interpretation of Computer Programs', author: 'Abelson and Sussman' };

describe('the books', () => {
  test('are read by every account, and by nobody else', async (context) => {
    const { tokens, ask } = await open(context);
    assert.equal((await ask('GET', '')).json.code, 'unauthenticated');
    const reader = await tokens.sign({ verified: false });
    assert.deepEqual((await ask('GET', '', reader)).json, { books: [] });
    assert.equal((await ask('GET', '/no-such-book', reader)).status, 404);
  });

  test('are added by verified accounts, and changed by their owner and admins', async (context) => {
    const { tokens, ask } = await open(context);
    assert.equal(
      (await ask('POST', '', await tokens.sign({ verified: false }), sicp)).json.code,
      'account_not_verified',
    );
    const owner = await tokens.sign();
    const added = await ask('POST', '', owner, sicp);
    assert.equal(added.status, 201);
    const path = `/${added.json.id}`;
    assert.equal((await ask('PATCH', path, await tokens.sign(), { pageCount: 657 })).status, 403);
    assert.equal((await ask('PATCH', path, owner, { pageCount: 657 })).json.pageCount, 657);
    assert.equal(
      (await ask('PATCH', path, await tokens.sign({ role: 'admin' }), { title: 'SICP' })).json.title,
      'SICP',
    );
    assert.equal((await ask('GET', path, owner)).json.title, 'SICP');
  });

  test('are removed by admins alone', async (context) => {
    const { tokens, ask } = await open(context);
    const owner = await tokens.sign();
    const path = `/${(await ask('POST', '', owner, sicp)).json.id}`;
    assert.equal((await ask('DELETE', path, owner)).json.code, 'insufficient_permission');
    assert.equal((await ask('DELETE', path, await tokens.sign({ role: 'admin' }))).status, 204);
    assert.equal((await ask('GET', path, owner)).status, 404);
  });

  test('say what is wrong with a book', async (context) => {
    const { tokens, ask } = await open(context);
    const wrong = await ask('POST', '', await tokens.sign(), { title: '', author: 'A' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /^title:/);
  });
});

test('the settings report every fault at once', () => {
  assert.throws(
    () => readSettings({ PORT: 'http', ISSUER: 'localhost' }),
    /PORT: takes a port\nISSUER: takes/,
  );
  assert.equal(readSettings({ ISSUER: 'http://localhost:8080', JWKS_URL: '' }).JWKS_URL, undefined);
});
