import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createWebhookHttpClient } from './post.ts';

async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}/hooks`;
}

function posting(context: TestContext, { allowPrivate = true } = {}) {
  const poster = createWebhookHttpClient({ allowPrivate });
  context.after(() => poster.close());
  return (url: string, signal = new AbortController().signal) =>
    poster.post({ url, headers: { 'webhook-id': 'e1' }, body: '{"name":"Gräfin"}', signal });
}

test('the status decides: 2xx is a delivery, 410 the end, anything else a failure', async (context) => {
  const post = posting(context);
  const received: string[] = [];
  let status = 200;
  const url = await serve(context, async (request, response) => {
    received.push(`${request.method} ${request.headers['webhook-id']} ${await Array.fromAsync(request)}`);
    response.writeHead(status, { 'Retry-After': '7', Location: '/elsewhere' }).end('x'.repeat(200_000));
  });
  assert.deepEqual(await post(url), { kind: 'delivered', status: 200 });
  status = 204;
  assert.deepEqual(await post(url), { kind: 'delivered', status: 204 });
  status = 410;
  assert.deepEqual(await post(url), { kind: 'gone', status: 410 });
  status = 503;
  assert.deepEqual(await post(url), { kind: 'failed', reason: 'answered 503', status: 503, retryAfter: '7' });
  status = 302;
  const reason = 'answered 302: redirects are not followed';
  assert.deepEqual(await post(url), { kind: 'failed', reason, status: 302, retryAfter: '7' });
  assert.deepEqual(new Set(received), new Set(['POST e1 {"name":"Gräfin"}']));
  assert.equal(received.length, 5);
});

test('a receiver that does not exist, hangs up or does not respond is a failure', async (context) => {
  const post = posting(context);
  const hangsUp = await serve(context, (request) => request.socket.destroy());
  const gone = await serve(context, () => undefined);
  assert.equal((await post(hangsUp)).kind, 'failed');
  const asking = new AbortController();
  const waiting = post(gone, asking.signal);
  asking.abort();
  assert.equal((await waiting).kind, 'failed');
  assert.equal((await post('http://127.0.0.1:1/')).kind, 'failed');
});

test('a private address is refused on the connection, whether it is written down or looked up', async (context) => {
  const post = posting(context, { allowPrivate: false });
  let requests = 0;
  const url = await serve(context, (_, response) => {
    requests += 1;
    response.end();
  });
  for (const refused of [url, url.replace('127.0.0.1', 'localhost'), url.replace('127.0.0.1', '[::1]')]) {
    const outcome = await post(refused);
    assert.ok(outcome.kind === 'failed' && /private address/.test(outcome.reason), JSON.stringify(outcome));
  }
  assert.equal(requests, 0);
});

test('requests that take long delay no other request to the same host', async (context) => {
  const post = posting(context);
  const url = await serve(context, (request, response) => {
    if (request.url === '/hooks') response.end();
  });
  const leaving = new AbortController();
  const slow = Array.from({ length: 40 }, () => post(`${url}/slow`, leaving.signal));
  assert.deepEqual(await post(url), { kind: 'delivered', status: 200 });
  leaving.abort();
  await Promise.all(slow);
});
