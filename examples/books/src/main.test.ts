import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createTestTokens } from '@latchkey/guard/testing';

/** Starts the books service, which follows the event feed of a simulated Latchkey server. */
async function start(context: TestContext, latchkey: RequestListener) {
  const server = createServer(latchkey).listen(0, '127.0.0.1');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const books = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PORT: '0', ISSUER: issuer, FEED_KEY: 'secret' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => books.kill('SIGKILL'));
  return { issuer, books };
}

test('the books finish a request in progress when they are told to stop', async (context) => {
  const keys = Promise.withResolvers<object>();
  const { issuer, books } = await start(context, async ({ url = '' }, response) => {
    if (url.startsWith('/.well-known')) return void response.end(JSON.stringify(await keys.promise));
    if (url.includes('wait=25')) return;
    response.writeHead(200, { 'feed-cursor': 'a', 'feed-behind': '0' }).end('[]');
  });
  const tokens = await createTestTokens({ issuer });
  keys.resolve(tokens.jwks);
  const [line] = await once(createInterface(books.stdout), 'line');
  const url = /http:\S+/.exec(String(line))?.[0] ?? '';
  const headers = { authorization: `Bearer ${await tokens.sign()}`, expect: '100-continue' };
  const adding = request(url, { method: 'POST', headers });
  adding.flushHeaders();
  await once(adding, 'continue');

  const ended = once(books, 'exit');
  books.kill('SIGTERM');
  // Wait until the server refuses connections, which shows that it has stopped listening.
  while (
    await fetch(url).then(
      () => true,
      () => false,
    )
  );
  const answered: Promise<IncomingMessage[]> = once(adding, 'response');
  adding.end(JSON.stringify({ title: 'Compilers', author: 'Aho' }));
  const [answer] = await answered;
  assert.ok(answer);
  assert.equal(answer.statusCode, 201, await text(answer));
  assert.deepEqual(await ended, [0, null]);
});

test('the books end if Latchkey refuses their key', async (context) => {
  const { books } = await start(context, (_request, response) => {
    const problem = { type: 'urn:latchkey:problem:unauthenticated', detail: 'Send the API key.' };
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  const [output, [code]] = await Promise.all([text(books.stderr), once(books, 'exit')]);
  assert.equal(code, 1);
  assert.match(output, /The feed answers 401: Send the API key\./);
});
