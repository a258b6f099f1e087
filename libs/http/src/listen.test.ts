import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { createHttpServerPart } from './listen.ts';
import { publicAccessPolicy, type Route } from './route.ts';
import { serveRoutes } from './testing/serve.ts';

/**
 * Returns a route that sends no response until the test calls `open`. `entered` resolves when the route gets
 * a request.
 */
function gate() {
  const entered = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const route: Route = {
    method: 'GET',
    path: '/gate',
    tag: 'test',
    summary: 'Waits',
    policy: publicAccessPolicy,
    answers: { 200: { description: 'Open', schema: z.object({ open: z.literal(true) }) } },
    handle: async () => {
      entered.resolve();
      await open.promise;
      return { status: 200, body: { open: true } };
    },
  };
  return { route, entered: entered.promise, open: () => open.resolve() };
}

/** Returns a route that responds with its own path. */
function answering(path: string): Route {
  return {
    method: 'GET',
    path,
    tag: 'test',
    summary: 'Is there',
    policy: publicAccessPolicy,
    answers: { 200: { description: 'It is', schema: z.object({}) } },
    handle: async () => ({ status: 200, body: {} }),
  };
}

function socketTo(t: TestContext, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    t.after(() => socket.destroy());
  });
}

/** Waits until connections to a port are refused. */
async function refused(t: TestContext, port: number): Promise<void> {
  for (;;) {
    try {
      (await socketTo(t, port)).destroy();
    } catch (error) {
      // ECONNRESET means only that the server closed its listening socket just before it would have accepted
      // this connection. Connect again, to be sure that further connections are refused.
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') return;
    }
    await setTimeout(5);
  }
}

/** Returns everything that a socket receives until it is closed. */
async function toEnd(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('a listening part', () => {
  it('says which port is taken, and how to choose another', async (t) => {
    const { part, log, registry } = await serveRoutes(t, []);
    const port = part.port();
    const options = {
      logger: log.logger,
      registry,
      trustedProxies: [],
      corsOrigins: [],
      undeclared: 'fail',
    } as const;
    const second = createHttpServerPart({ ...options, name: 'second', host: '127.0.0.1', port, routes: [] });
    await assert.rejects(second.start(), (error: Error) => {
      assert.equal(
        error.message,
        `port ${port} on 127.0.0.1 is in use: stop the program that listens there, or set PORT to another port`,
      );
      return true;
    });
    await second.stop();
    assert.throws(() => second.port(), /does not listen/);
  });

  it('says so if the host is no address of this machine', async (t) => {
    const { log, registry } = await serveRoutes(t, []);
    const options = {
      logger: log.logger,
      registry,
      trustedProxies: [],
      corsOrigins: [],
      undeclared: 'fail',
    } as const;
    const part = createHttpServerPart({ ...options, name: 'far', host: '192.0.2.1', port: 0, routes: [] });
    await assert.rejects(part.start(), /192\.0\.2\.1 is not an address of this machine: set HOST/);
  });

  it('switches to other routes, and finishes the requests in progress on the former ones', async (t) => {
    const { route, entered, open } = gate();
    const { part, call } = await serveRoutes(t, [route]);
    const before = call('/gate');
    await entered;
    part.serve([answering('/later')]);
    assert.equal((await call('/later')).status, 200);
    assert.equal((await call('/gate')).status, 404);
    open();
    assert.deepEqual(await (await before).json(), { open: true });
    part.serve([answering('/last')]);
    assert.equal((await call('/later')).status, 404);
    assert.equal((await call('/last')).status, 200);
  });

  it('cannot change its routes while it does not listen', async (t) => {
    const { part } = await serveRoutes(t, []);
    await part.stop();
    assert.throws(() => part.serve([]), /http does not listen/);
  });

  it('finishes the request in progress, and only then has stopped', async (t) => {
    const { route, entered, open } = gate();
    const { part, call } = await serveRoutes(t, [route]);
    const port = part.port();
    const answer = call('/gate');
    await entered;
    let stopped = false;
    const stopping = part.stop().then(() => {
      stopped = true;
    });
    await refused(t, port);
    assert.equal(stopped, false);
    open();
    const response = await answer;
    assert.equal(response.headers.get('connection'), 'close');
    assert.deepEqual(await response.json(), { open: true });
    await stopping;
  });

  it('aborts the ending signal of every request, whether its handler gets the signal before or after the stop', async (t) => {
    const { route, entered, open } = gate();
    const connected = Promise.withResolvers<void>();
    const asking: Route = {
      ...route,
      answers: {
        200: { description: 'Whether it is aborted', schema: z.object({ isAborted: z.boolean() }) },
      },
      handle: async (request) => {
        await route.handle(request);
        return { status: 200, body: { isAborted: request.ending().aborted } };
      },
    };
    const { part, call } = await serveRoutes(t, [asking]);
    const early = call('/gate');
    await entered;
    part.server()?.once('connection', () => connected.resolve());
    const socket = await socketTo(t, part.port());
    await connected.promise;
    const stopped = part.stop();
    socket.write('GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const late = toEnd(socket);
    open();
    assert.deepEqual(await (await early).json(), { isAborted: true });
    assert.match(await late, /\{"isAborted":true\}/);
    await stopped;
  });

  it('does not wait for idle connections, nor for those that never asked', {
    timeout: 120_000,
  }, async (t) => {
    const { route, open } = gate();
    const { part } = await serveRoutes(t, [route], { drainMs: 600_000 });
    open();
    const silent = await socketTo(t, part.port());
    const idle = await socketTo(t, part.port());
    idle.write('GET /gate HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    const ends = Promise.all([toEnd(silent), toEnd(idle)]);
    await part.stop();
    await ends;
  });

  it('closes a connection after a response that was half sent when the stop was requested', {
    timeout: 120_000,
  }, async (t) => {
    const { route, entered, open } = gate();
    const { part } = await serveRoutes(t, [route], { drainMs: 600_000 });
    part.server()?.prependListener('request', (_, response) => response.flushHeaders());
    const silent = await socketTo(t, part.port());
    const socket = await socketTo(t, part.port());
    const all = toEnd(socket);
    socket.write('GET /gate HTTP/1.1\r\nHost: a\r\n\r\n');
    await entered;
    const stopping = part.stop();
    await toEnd(silent);
    open();
    await Promise.all([all, stopping]);
  });

  it('handles the first request of a connection that was opened before the stop', {
    timeout: 120_000,
  }, async (t) => {
    const { route, open } = gate();
    const { part } = await serveRoutes(t, [route], { drainMs: 600_000 });
    open();
    const newcomer = await socketTo(t, part.port());
    const all = toEnd(newcomer);
    const stopping = part.stop();
    newcomer.write('GET /gate HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await all;
    assert.match(answer, /^HTTP\/1.1 200 /);
    assert.match(answer, /^Connection: close\r$/m);
    await stopping;
  });

  it('handles a request that arrived while the process was blocked', { timeout: 120_000 }, async (t) => {
    const { route, open } = gate();
    const { part } = await serveRoutes(t, [route], { drainMs: 600_000 });
    open();
    const server = part.server();
    const newcomer = await socketTo(t, part.port());
    const all = toEnd(newcomer);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stopping = part.stop();
    while (server?.listening) await setImmediate();
    newcomer.write('GET /gate HTTP/1.1\r\nHost: a\r\n\r\n');
    // Let the timeout expire before the server reads the request. This can happen when the process was
    // blocked, because Node then runs the timers that are due before it reads from sockets.
    t.mock.timers.tick(60_000);
    assert.match(await all, /^HTTP\/1.1 200 /);
    await stopping;
  });

  it('closes connections that do not finish in time', async (t) => {
    const { route, entered, open } = gate();
    const { part, call } = await serveRoutes(t, [route], { drainMs: 20 });
    const cut = assert.rejects(call('/gate'));
    await entered;
    await part.stop();
    await cut;
    open();
  });

  it('stops twice, and without ever having started', async (t) => {
    const { part } = await serveRoutes(t, []);
    await Promise.all([part.stop(), part.stop()]);
    await part.stop();
  });
});

describe('what is not well-formed HTTP', () => {
  async function exchange(
    t: TestContext,
    bytes: string,
  ): Promise<{ head: string; body: Record<string, unknown> }> {
    const { part } = await serveRoutes(t, [gate().route]);
    const socket = await socketTo(t, part.port());
    socket.write(bytes);
    const [head = '', body = ''] = (await toEnd(socket)).split('\r\n\r\n');
    return { head, body: JSON.parse(body) };
  }

  for (const [what, bytes, status] of [
    ['nonsense', 'hello?\r\n\r\n', 400],
    ['a header with a line break inside', 'GET /gate HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400],
    ['two lengths', 'POST /gate HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na', 400],
    [
      'a length and chunks',
      'POST /gate HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a target that is no address',
      'GET http://[::bad/gate HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['no host', 'GET /gate HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['headers of 20 KB', `GET /gate HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ] as const) {
    it(`is answered as a problem: ${what}`, async (t) => {
      const { head, body } = await exchange(t, bytes);
      assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head);
      assert.match(head, /content-type: application\/problem\+json/i);
      assert.match(head, /connection: close/i);
      assert.equal(body['status'], status);
      assert.match(String(body['code']), /^(validation_failed|payload_too_large)$/);
    });
  }

  it('in a broken chunk ends the connection and is no error of ours', async (t) => {
    const { part, log } = await serveRoutes(t, [{ ...gate().route, method: 'POST', body: z.object({}) }]);
    const socket = await socketTo(t, part.port());
    socket.write(
      'POST /gate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    );
    await toEnd(socket);
    assert.equal((await log.line(({ msg }) => msg === 'request'))['status'], 499);
    assert.deepEqual(
      log.lines().filter(({ level }) => level === 'error'),
      [],
    );
  });
});

describe('a client that sends too much', () => {
  it('may send all of it and meets an orderly end, not a reset', async (t) => {
    const { part } = await serveRoutes(t, [{ ...gate().route, method: 'POST', body: z.object({}) }]);
    const socket = await socketTo(t, part.port());
    const size = 8 * 1024 * 1024;
    socket.write(`POST /gate HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size, 32));
    assert.match(await toEnd(socket), /^HTTP\/1\.1 413 /);
  });

  it('reads its answer in whole although it is still sending, and is then cut off', async (t) => {
    const { part } = await serveRoutes(t, [{ ...gate().route, method: 'POST', body: z.object({}) }]);
    const answered = Promise.withResolvers<string>();
    const ended = Promise.withResolvers<void>();
    const request = httpRequest({ port: part.port(), path: '/gate', method: 'POST' }, (response) => {
      response.setEncoding('utf8');
      response.once('data', (text: string) => answered.resolve(`${response.statusCode} ${text}`));
      response.once('close', () => ended.resolve());
    });
    request.on('error', () => ended.resolve());
    const megabyte = Buffer.alloc(1024 * 1024, 32);
    function send(): void {
      if (!request.destroyed) request.write(megabyte, send);
    }
    send();
    assert.match(await answered.promise, /^413 .*payload_too_large/);
    await ended.promise;
    request.destroy();
  });
});
