import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import express from 'express';
import { fastify } from 'fastify';
import { Hono, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import Koa from 'koa';
import * as onExpress from './express.ts';
import * as onFastify from './fastify.ts';
import { createGuard, type Guard } from './guard.ts';
import * as onHono from './hono.ts';
import * as onKoa from './koa.ts';
import { RevocationsUnavailable } from './session-status.ts';
import { createTestTokens } from './testing.ts';

/**
 * Starts a server that uses the guard with one HTTP framework, and returns the server's URL. Its routes are
 * `/me` for any account, `/mine` for verified accounts, and `/all` for admins and editors. Each route
 * responds with the caller. Middleware that runs before the guard sets `Vary: Origin`, as middleware for CORS
 * does.
 */
type Serve = (context: TestContext, guard: Guard) => Promise<string>;

async function listen(context: TestContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serveKoa(context: TestContext, guard: Guard): Promise<string> {
  const { authenticated, verified, role } = onKoa.koaGuard(guard);
  const app = new Koa();
  const checks = { '/me': authenticated(), '/mine': verified(), '/all': role('admin', 'editor') };
  app.use((exchange, next) => {
    exchange.vary('Origin');
    return next();
  });
  for (const [path, check] of Object.entries(checks))
    app.use((exchange, next) => (exchange.path === path ? check(exchange, next) : next()));
  app.use((exchange) => {
    const { account, role: name, verified: proven } = onKoa.callerOf(exchange);
    exchange.body = { account, role: name, verified: proven };
  });
  return listen(context, app.callback());
}

async function serveExpress(context: TestContext, guard: Guard): Promise<string> {
  const { authenticated, verified, role } = onExpress.expressGuard(guard);
  const app = express();
  const checks = { '/me': authenticated(), '/mine': verified(), '/all': role('admin', 'editor') };
  app.use((_request, response, next) => {
    response.vary('Origin');
    next();
  });
  for (const [path, check] of Object.entries(checks))
    app.get(path, check, (request, response) => {
      const { account, role: name, verified: proven } = onExpress.callerOf(request);
      response.json({ account, role: name, verified: proven });
    });
  return listen(context, app);
}

async function serveFastify(context: TestContext, guard: Guard): Promise<string> {
  const { authenticated, verified, role } = onFastify.fastifyGuard(guard);
  const app = fastify();
  const checks = { '/me': authenticated(), '/mine': verified(), '/all': role('admin', 'editor') };
  app.addHook('onRequest', async (_request, reply) => void reply.header('Vary', 'Origin'));
  for (const [path, check] of Object.entries(checks))
    app.get(path, { onRequest: check }, async (request) => {
      const { account, role: name, verified: proven } = onFastify.callerOf(request);
      return { account, role: name, verified: proven };
    });
  context.after(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

/** Creates the server of a Hono app. @param varyOnOrigin sets `Vary: Origin`, as middleware for CORS does */
function createHonoServer(varyOnOrigin: MiddlewareHandler): Serve {
  return async (context, guard) => {
    const { authenticated, verified, role } = onHono.honoGuard(guard);
    const app = new Hono();
    const checks = { '/me': authenticated(), '/mine': verified(), '/all': role('admin', 'editor') };
    app.use(varyOnOrigin);
    for (const [path, check] of Object.entries(checks))
      app.get(path, check, (exchange) => {
        const { account, role: name, verified: proven } = onHono.callerOf(exchange);
        return exchange.json({ account, role: name, verified: proven });
      });
    return listen(context, async (request, response) => {
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers))
        if (typeof value === 'string') headers.set(name, value);
      const answer = await app.request(request.url ?? '/', { headers });
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    });
  };
}

const frameworks: Readonly<Record<string, Serve>> = {
  koa: serveKoa,
  Express: serveExpress,
  Fastify: serveFastify,
  Hono: createHonoServer(cors({ origin: 'https://app.example.com' })),
  'Hono with headers that are set before the guard': createHonoServer((exchange, next) => {
    exchange.header('Vary', 'Origin');
    return next();
  }),
  'Hono with headers of the response that are set before the guard': createHonoServer((exchange, next) => {
    exchange.res.headers.append('Vary', 'Origin');
    exchange.res.headers.set('Cache-Control', 'public');
    return next();
  }),
};

async function ask(url: string, token?: string, headers: Readonly<Record<string, string>> = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { headers: { ...authorization, ...headers } });
  const body: unknown = await answer.json();
  return { status: answer.status, headers: answer.headers, body };
}

const account = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';

for (const [name, serve] of Object.entries(frameworks))
  describe(`a guard on ${name}`, () => {
    test('says who is calling', async (context) => {
      const tokens = await createTestTokens();
      const url = await serve(context, createGuard(tokens.options));
      const token = await tokens.sign({ account, role: 'editor' });
      for (const path of ['/me', '/mine', '/all']) {
        const { status, body } = await ask(`${url}${path}`, token);
        assert.deepEqual([status, body], [200, { account, role: 'editor', verified: true }]);
      }
    });

    test('refuses with the problem details that Latchkey itself answers', async (context) => {
      const tokens = await createTestTokens();
      const url = await serve(context, createGuard(tokens.options));
      const without = await ask(`${url}/me`, undefined, { 'x-request-id': 'request-1234' });
      assert.equal(without.status, 401);
      assert.equal(without.headers.get('www-authenticate'), 'Bearer realm="latchkey"');
      assert.equal(without.headers.get('content-type'), 'application/problem+json');
      assert.equal(without.headers.get('cache-control'), 'no-store');
      assert.deepEqual(without.headers.get('vary')?.split(', ').toSorted(), [
        'Accept-Language',
        'Authorization',
        'Origin',
      ]);
      assert.equal(without.headers.get('x-request-id'), 'request-1234');
      assert.deepEqual(without.body, {
        type: 'urn:latchkey:problem:unauthenticated',
        title: 'Authentication Required',
        status: 401,
        detail: 'Send an access token: Authorization: Bearer <token>.',
        code: 'unauthenticated',
        requestId: 'request-1234',
      });
      const invalid = await ask(`${url}/me`, 'no.such.token');
      assert.match(invalid.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    });

    test('refuses in the language that the client prefers', async (context) => {
      const tokens = await createTestTokens();
      const url = await serve(context, createGuard(tokens.options));
      const german = { 'accept-language': 'it, de-AT;q=0.9, fr;q=0.5' };
      const refused = await ask(`${url}/mine`, await tokens.sign({ verified: false }), german);
      assert.equal(refused.headers.get('content-language'), 'de');
      assert.partialDeepStrictEqual(refused.body, {
        title: 'Konto nicht bestätigt',
        detail: 'Konto nicht bestätigt',
        code: 'account_not_verified',
        resolution: 'Bestätigen Sie Ihr Konto mit dem Link in der E-Mail, die Sie bekommen haben',
      });
    });

    test('keeps unverified accounts and other roles out', async (context) => {
      const tokens = await createTestTokens();
      const url = await serve(context, createGuard(tokens.options));
      const unverified = await tokens.sign({ verified: false });
      assert.equal((await ask(`${url}/me`, unverified)).status, 200);
      const refused = await ask(`${url}/mine`, unverified);
      assert.equal(refused.status, 403);
      assert.partialDeepStrictEqual(refused.body, {
        code: 'account_not_verified',
        resolution: 'Please check your email for verification details',
      });
      const user = await ask(`${url}/all`, await tokens.sign({ role: 'user' }));
      assert.equal(user.status, 403);
      assert.partialDeepStrictEqual(user.body, { code: 'insufficient_permission' });
    });

    test('answers 503 while it cannot be known whether a token was revoked', async (context) => {
      const tokens = await createTestTokens();
      const guard = createGuard({
        ...tokens.options,
        logger: { warn: () => undefined },
        revocations: {
          sessionStatus() {
            throw new RevocationsUnavailable('away');
          },
        },
      });
      const url = await serve(context, guard);
      const refused = await ask(`${url}/me`, await tokens.sign());
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get('retry-after'), '1');
    });

    test('leaves errors of its own making to the framework', async (context) => {
      const tokens = await createTestTokens();
      const broken = {
        sessionStatus() {
          throw new Error('a bug');
        },
      };
      const url = await serve(context, createGuard({ ...tokens.options, revocations: broken }));
      const answer = await fetch(`${url}/me`, {
        headers: { authorization: `Bearer ${await tokens.sign()}` },
      });
      assert.equal(answer.status, 500);
    });
  });

test('a handler without a guard gets an error that says so', () => {
  assert.throws(() => onKoa.callerOf({}), /No guard has checked this request/);
});
