/**
 * Tests which requests the gateway forwards and refuses, and which headers it adds and hides. The real nginx runs in
 * front of simulated services.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { type ApiResponse, assertProblem, type Client, createClient } from '../support/client.ts';
import {
  type Gateway,
  type GatewaySettings,
  type SimulatedService,
  startGateway,
  startSimulatedService,
} from './nginx.ts';

const TOKEN = 'AbCdEfGhIjKlMnOpQrStUvWxYz_-0123456789AbCdEfGhIjKlMnOpQrStUvWx01';
const LINKS = [`/auth/verify/${TOKEN}`, `/auth/password-reset-confirm/${TOKEN}`];

let auth: SimulatedService;
let user: SimulatedService;
let notifier: SimulatedService;
let gateway: Gateway;
let client: Client;

before(async () => {
  [auth, user, notifier] = await Promise.all([
    startSimulatedService('auth'),
    startSimulatedService('user'),
    startSimulatedService('notifier'),
  ]);
  gateway = await startGateway({
    GATEWAY_AUTH: auth.address,
    GATEWAY_USER: user.address,
    GATEWAY_NOTIFIER: notifier.address,
  });
  client = createClient(gateway.url);
});

after(async () => {
  await gateway?.stop();
  auth?.stop();
  user?.stop();
  notifier?.stop();
});

beforeEach(() => {
  for (const upstream of [auth, user, notifier]) {
    upstream.arrived.length = 0;
    upstream.answerWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    });
  }
});

function arrivedAt(upstream: SimulatedService) {
  const [only, ...others] = upstream.arrived;
  assert.ok(only !== undefined && others.length === 0, `${upstream.arrived.length} requests arrived`);
  return only;
}

/** Sends an HTTP request line to the gateway exactly as given, because `fetch` would normalise the path. */
async function raw(requestLine: string, headers: readonly string[] = []): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.end([requestLine, 'Host: gateway', 'Connection: close', ...headers, '', ''].join('\r\n'));
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  await once(socket, 'close');
  return answer;
}

describe('the routing', () => {
  const routes: readonly (readonly [method: string, path: string, service: 'auth' | 'user' | 'notifier'])[] =
    [
      ['POST', '/api/v1/auth/signup', 'auth'],
      ['GET', `/api/v1/auth/verify/${TOKEN}`, 'auth'],
      ['PUT', '/api/v1/auth/accounts/0190/role', 'auth'],
      ['GET', '/api/v1/auth/openapi.json', 'auth'],
      ['GET', '/api/v1/auth/pages.css', 'auth'],
      ['GET', '/api/v1/auth/pages.js', 'auth'],
      ['GET', '/api/v1/auth/logo', 'auth'],
      ['GET', '/', 'auth'],
      ['GET', '/.well-known/jwks.json', 'auth'],
      ['GET', '/.well-known/openid-configuration', 'auth'],
      ['GET', '/.well-known/oauth-authorization-server', 'auth'],
      ['GET', '/api/v1/openapi.json', 'auth'],
      ['GET', '/api/v1/events', 'user'],
      ['POST', '/api/v1/events/receipts', 'user'],
      ['GET', '/api/v1/users', 'user'],
      ['GET', '/api/v1/users?q=ada%40example.com&limit=2', 'user'],
      ['GET', '/api/v1/users/me', 'user'],
      ['GET', '/api/v1/users/openapi.json', 'user'],
      ['GET', '/api/v1/webhooks', 'user'],
      ['POST', '/api/v1/webhooks/we_1/rotate-secret', 'user'],
      ['POST', '/api/v1/mail-reports/ses', 'notifier'],
    ];
  for (const [method, path, service] of routes) {
    test(`${method} ${path} reaches ${service} as it was sent`, async () => {
      const response = await fetch(gateway.url + path, { method });
      assert.equal(response.status, 200);
      const upstreams = { auth, user, notifier };
      const there = upstreams[service];
      assert.deepEqual([arrivedAt(there).method, arrivedAt(there).url], [method, path]);
      for (const elsewhere of Object.values(upstreams).filter((each) => each !== there))
        assert.equal(elsewhere.arrived.length, 0);
    });
  }

  const internal = [
    '/livez',
    '/readyz',
    '/metrics',
    '/healthz',
    '/api/v1/authx',
    '/api/v1/usersx',
    '/api/v1/webhooksx',
    '/api/v1',
  ];
  const disguised = [
    '/api/v1/auth/../../../metrics',
    '/api/v1/auth/..%2f..%2f..%2fmetrics',
    '/api/v1/auth/%2e%2e/%2e%2e/%2e%2e/readyz',
    '//metrics',
    '/metrics?/api/v1/auth/login',
    '/metrics#/../api/v1/auth/login',
    'http://gateway/livez',
  ];
  for (const path of [...internal, ...disguised]) {
    test(`${path} does not exist, and reaches no service`, async () => {
      const answer = await raw(`GET ${path} HTTP/1.1`);
      assert.match(answer, /^HTTP\/1\.1 404 /);
      assert.match(answer, /"code":"not_found"/);
      assert.deepEqual([...auth.arrived, ...user.arrived], []);
    });
  }

  test('responses of a service pass unchanged, including problems', async () => {
    const problem = '{"code":"unavailable","requestId":"of-the-service"}';
    auth.answerWith((_request, response) => {
      const headers = {
        'content-type': 'application/problem+json',
        'retry-after': '7',
        'account-sequence': 'a:1',
      };
      response.writeHead(503, headers).end(problem);
    });
    const reply = await client.post('/auth/login', { json: {} });
    assert.deepEqual([reply.status, reply.text], [503, problem]);
    assert.equal(reply.headers.get('retry-after'), '7');
    assert.equal(reply.headers.get('account-sequence'), 'a:1');
  });
});

describe('the client address that services get', () => {
  test('is the one that the gateway sees, whatever the request claims', async () => {
    const claims = {
      'x-forwarded-for': '203.0.113.9, 10.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '444',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9;host=evil.example',
    };
    await client.get('/users/me', { token: 'a-token', headers: claims });
    const { headers } = arrivedAt(user);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-host'], `127.0.0.1:${gateway.port}`);
    assert.equal(headers['x-forwarded-proto'], 'http');
    for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded']) assert.equal(headers[name], undefined);
    assert.equal(headers.authorization, 'Bearer a-token');
  });
});

describe('the request id', () => {
  async function sendWith(id: string | undefined): Promise<{ reply: ApiResponse; passedOn: unknown }> {
    const reply = await client.get('/users/me', id === undefined ? {} : { headers: { 'x-request-id': id } });
    return { reply, passedOn: arrivedAt(user).headers['x-request-id'] };
  }

  for (const id of ['a-request.of_mine', '12345678', 'x'.repeat(128)]) {
    test(`is kept if it is well-formed: ${id.slice(0, 20)}`, async () => {
      const { reply, passedOn } = await sendWith(id);
      assert.deepEqual([reply.headers.get('x-request-id'), passedOn], [id, id]);
      assert.equal((await gateway.logged(id)).path, '/api/v1/users/me');
    });
  }

  for (const id of [undefined, '', 'short', 'x'.repeat(129), 'with a space in it', 'quote"and\\slash']) {
    test(`is generated for ${id === undefined ? 'none' : JSON.stringify(id.slice(0, 20))}`, async () => {
      const { reply, passedOn } = await sendWith(id);
      assert.match(String(passedOn), /^[\da-f]{32}$/);
      assert.equal(reply.headers.get('x-request-id'), passedOn);
      await gateway.logged(String(passedOn));
    });
  }

  test('of a service does not appear in the response', async () => {
    user.answerWith((_request, response) => {
      response.writeHead(200, { 'x-request-id': 'another-one-of-the-service' }).end('{}');
    });
    const { reply, passedOn } = await sendWith('the-id-of-the-client');
    assert.equal(reply.headers.get('x-request-id'), passedOn);
  });
});

describe('a request that is refused', () => {
  test('because its body is over the limit, with and without an announced length', async () => {
    const json = { text: 'x'.repeat(64 * 1024) };
    assertProblem(await client.post('/auth/login', { json }), 413, 'payload_too_large');
    const chunked = await fetch(`${gateway.url}/api/v1/auth/login`, {
      method: 'POST',
      body: new Blob([JSON.stringify(json)]).stream(),
      duplex: 'half',
    });
    assert.equal(chunked.status, 413);
    assert.deepEqual(auth.arrived, []);
  });

  test('does not include a body exactly at the limit', async () => {
    const body = 'x'.repeat(64 * 1024);
    assert.equal((await fetch(`${gateway.url}/api/v1/auth/login`, { method: 'POST', body })).status, 200);
    assert.equal(arrivedAt(auth).body, body);
  });

  test('because it is not HTTP gets a problem that does not quote it', async () => {
    for (const line of ['GET /api/v1/auth/%zz HTTP/1.1', 'NONSENSE', 'GET /api/v1/auth/%00 HTTP/1.1']) {
      const answer = await raw(line);
      assert.match(answer, /^HTTP\/1.1 (400|405) /, answer);
      assert.match(answer, /"code":"(validation_failed|method_not_allowed)"/);
      assert.doesNotMatch(answer, /NONSENSE|nginx\/\d/);
    }
    assert.match(
      await raw('GET /api/v1/users/me HTTP/1.1', [`X-Long: ${'x'.repeat(70_000)}`]),
      /^HTTP\/1\.1 (400|431|494)/,
    );
  });
});

describe('limits per client', () => {
  test('refuse a flood on auth, with Retry-After', async (context) => {
    const tight = await startGateway({
      GATEWAY_AUTH: auth.address,
      GATEWAY_USER: user.address,
      GATEWAY_AUTH_RATE: '1r/m',
      GATEWAY_AUTH_BURST: '5',
    });
    context.after(() => tight.stop());
    const flooding = createClient(tight.url);
    const replies = await Promise.all(Array.from({ length: 20 }, () => flooding.get('/auth/history')));
    const refused = replies.filter(({ status }) => status === 429);
    assert.ok(refused.length >= 12 && refused.length <= 14, `${refused.length} of 20 were refused`);
    for (const reply of refused) {
      assertProblem(reply, 429, 'rate_limited');
      assert.equal(reply.headers.get('retry-after'), '1');
      assert.equal(reply.headers.get('cache-control'), 'no-store');
    }
    assert.equal((await flooding.get('/users/me')).status, 200);
    assert.equal((await flooding.get('/.well-known/jwks.json')).status, 200);
  });

  test('do not count the checks that gateways and services send for all of their users', async (context) => {
    const tight = await startGateway({
      GATEWAY_AUTH: auth.address,
      GATEWAY_USER: user.address,
      GATEWAY_AUTH_RATE: '1r/m',
      GATEWAY_AUTH_BURST: '1',
    });
    context.after(() => tight.stop());
    const asking = createClient(tight.url);
    for (let request = 0; request < 10; request += 1) {
      assert.equal((await asking.get('/auth/check?role=admin')).status, 200);
      assert.equal((await asking.post('/auth/introspect')).status, 200);
    }
    assert.equal((await asking.get('/auth/history')).status, 200);
  });

  test('are lower for routes that hash a password', async (context) => {
    const tight = await startGateway({
      GATEWAY_AUTH: auth.address,
      GATEWAY_USER: user.address,
      GATEWAY_PASSWORD_RATE: '1r/m',
      GATEWAY_PASSWORD_BURST: '1',
    });
    context.after(() => tight.stop());
    const guessing = createClient(tight.url);
    const statuses: number[] = [];
    for (const path of ['/auth/login', '/auth/signup', ...LINKS, '/auth/change-password'])
      statuses.push((await guessing.post(path)).status);
    assert.deepEqual(statuses, [200, 200, 429, 429, 429]);
    for (const path of LINKS) assert.equal((await guessing.get(path)).status, 200);
    assert.equal((await guessing.post('/auth/refresh')).status, 200);
  });
});

describe('a service that is down', () => {
  const UNUSABLE: readonly (readonly [what: string, status: number, address: () => Promise<string>])[] = [
    ['that refuses connections', 502, async () => `127.0.0.1:${await reserveFreePort()}`],
    ['whose name is not known', 502, async () => 'nobody.invalid:8081'],
  ];
  for (const [what, status, address] of UNUSABLE) {
    test(`${what} is reported as a problem with Retry-After`, async (context) => {
      const away = await address();
      const alone = await startGateway({ GATEWAY_AUTH: away, GATEWAY_USER: user.address });
      context.after(() => alone.stop());
      const headers = { 'x-request-id': `away-${status}-request` };
      const asking = createClient(alone.url);
      const reply = await asking.post('/auth/login', { json: {}, headers });
      assertProblem(reply, status, 'unavailable');
      assert.equal(reply.headers.get('retry-after'), '2');
      assert.equal((await alone.logged(headers['x-request-id'])).status, status);
      assert.equal((await asking.get('/users/me')).status, 200);
      assert.equal((await fetch(alone.healthUrl)).status, 204);
    });
  }

  test('that exits in the middle of a response', async () => {
    user.answerWith((_request, response) => void response.socket?.destroy());
    const reply = await client.get('/users/me');
    assertProblem(reply, 502, 'unavailable');
  });
});

describe('a response of the gateway itself', () => {
  const LISTED = 'https://app.example.com';
  const LOCAL = 'http://localhost:3000';

  /**
   * Sends a request from the given origin while the service behind the gateway is down. Returns the CORS
   * headers of the gateway's response.
   */
  async function readable(settings: GatewaySettings, origin: string) {
    const away = `127.0.0.1:${await reserveFreePort()}`;
    const alone = await startGateway({ GATEWAY_AUTH: away, GATEWAY_USER: away, ...settings });
    try {
      const reply = await createClient(alone.url).get('/users/me', { headers: { origin } });
      assertProblem(reply, 502, 'unavailable');
      assert.equal(reply.headers.get('vary'), 'Origin');
      return ['origin', 'credentials', 'headers'].map((what) =>
        reply.headers.get(`access-control-${what === 'headers' ? 'expose' : 'allow'}-${what}`),
      );
    } finally {
      await alone.stop();
    }
  }
  function all(origin: string) {
    return [origin, 'true', 'X-Request-Id, Account-Sequence, Retry-After'];
  }
  const nothing = [null, null, null];

  for (const list of [
    LISTED,
    `${LISTED}/a/page`,
    `http://other.example.com,${LISTED}`,
    `${LISTED}, http://b.c`,
  ]) {
    test(`can be read by pages of ${list}, as the services' answers`, async () => {
      assert.deepEqual(await readable({ GATEWAY_CORS_ORIGINS: list }, LISTED), all(LISTED));
    });
  }

  test('can be read by no other page', async () => {
    const listed = { GATEWAY_CORS_ORIGINS: `${LISTED},http://b.c` };
    for (const origin of [
      'https://app.example.com.evil.com',
      'https://app.example',
      'http://app.example.com',
      'null',
      LOCAL,
    ])
      assert.deepEqual(await readable(listed, origin), nothing, origin);
    assert.deepEqual(await readable({}, LISTED), nothing);
  });

  test('can be read by any page of this machine in development', async () => {
    for (const origin of [LOCAL, 'http://127.0.0.1:80', 'http://[::1]:5173', 'http://localhost'])
      assert.deepEqual(await readable({ GATEWAY_ENV: 'development' }, origin), all(origin), origin);
    for (const origin of ['https://localhost:3000', 'http://localhost.evil.com', LISTED])
      assert.deepEqual(await readable({ GATEWAY_ENV: 'development' }, origin), nothing, origin);
  });
});

describe('to a browser that asks for a document, the gateway', () => {
  const headers = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  for (const [title, status, path] of [
    ['answers a page where there is nothing', 404, '/elsewhere'],
    ['responds with a page if a service is down', 502, LINKS[0] ?? ''],
  ] as const) {
    test(title, async () => {
      const away = await startGateway({
        GATEWAY_AUTH: `127.0.0.1:${await reserveFreePort()}`,
        GATEWAY_USER: user.address,
      });
      try {
        const reply = await createClient(away.url).get(path, { headers });
        assert.equal(reply.status, status);
        assert.match(reply.headers.get('content-type') ?? '', /^text\/html; charset=utf-8/);
        assert.match(reply.headers.get('content-security-policy') ?? '', /default-src 'none'/);
        assert.ok(reply.text.includes(reply.headers.get('x-request-id') ?? 'none'));
        assert.ok(!reply.text.includes(TOKEN));
      } finally {
        await away.stop();
      }
    });
  }
});

describe('a link token in a request', () => {
  test('is in no log, whatever the outcome of the request', async (context) => {
    const nobody = `127.0.0.1:${await reserveFreePort()}`;
    const away = await startGateway({
      GATEWAY_AUTH: nobody,
      GATEWAY_USER: nobody,
      GATEWAY_PASSWORD_RATE: '1r/m',
      GATEWAY_PASSWORD_BURST: '1',
    });
    context.after(() => away.stop());
    auth.answerWith((_request, response) => void response.socket?.destroy());
    const paths = [
      ...LINKS,
      `/auth/verify/${TOKEN}?again=${TOKEN}`,
      `/auth//verify/${TOKEN}/`,
      `/auth/%76erify/${TOKEN}`,
      `/auth/%2576erify/${TOKEN}`,
      `/auth/Verify/${TOKEN.replace('A', '%41')}`,
      `/elsewhere/${TOKEN}`,
      `/users/${TOKEN}?token=${TOKEN}`,
    ];
    for (const through of [gateway, away]) {
      const asking = createClient(through.url);
      for (const [n, path] of paths.entries()) {
        const headers = { referer: `${through.url}/${TOKEN}`, 'x-request-id': `link-request-${n}` };
        await asking.get(path, { headers });
        await asking.post(path, { headers, form: { newPassword: 'x'.repeat(n === 0 ? 70_000 : 10) } });
        await through.logged(`link-request-${n}`);
      }
      const written = await through.written();
      assert.match(written, /"path":"\/api\/v1\/auth\/verify\/:token"/);
      for (const part of [TOKEN, TOKEN.slice(1), TOKEN.slice(0, 32)])
        assert.ok(!written.includes(part), written);
    }
  });

  test('and a search term are in no log', async () => {
    const headers = { 'x-request-id': 'a-search-for-somebody' };
    user.answerWith((_request, response) => void response.socket?.destroy());
    await client.get('/users?q=ada%40example.com', { headers });
    assert.equal((await gateway.logged(headers['x-request-id'])).path, '/api/v1/users');
    assert.doesNotMatch(await gateway.written(), /ada(%40|@)example/);
  });
});

describe('compression', () => {
  const long = JSON.stringify({ text: 'all the same '.repeat(200) });
  async function encodingOf(path: string): Promise<string | null> {
    const response = await fetch(gateway.url + path, { headers: { 'accept-encoding': 'gzip' } });
    await response.arrayBuffer();
    return response.headers.get('content-encoding');
  }

  beforeEach(() => {
    for (const upstream of [auth, user])
      upstream.answerWith((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(long);
      });
  });

  test('is for public documents', async () => {
    for (const path of ['/api/v1/openapi.json', '/api/v1/auth/openapi.json', '/api/v1/users/openapi.json'])
      assert.equal(await encodingOf(path), 'gzip');
  });

  test('is for nothing that may hold a secret', async () => {
    for (const path of [
      '/api/v1/auth/history',
      `/api/v1/auth/verify/${TOKEN}`,
      '/api/v1/users/me',
      '/api/v1/users',
    ])
      assert.equal(await encodingOf(path), null);
  });
});
