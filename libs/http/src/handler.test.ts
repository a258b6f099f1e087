import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { createRateLimitProblem, type FieldError, Problem, standardProblems } from './problem.ts';
import { type AccessPolicy, publicAccessPolicy, type Route, route } from './route.ts';
import { createPageContentSecurityPolicy, securityHeaders } from './security-headers.ts';
import { serveRoutes } from './testing/serve.ts';

const greeting = z.object({ name: z.string(), nested: z.object({ deep: z.string() }).optional() });

const greet = route({
  method: 'POST',
  path: '/greetings',
  tag: 'greetings',
  summary: 'Greets',
  policy: publicAccessPolicy,
  body: greeting,
  answers: { 201: { description: 'Greeted', schema: z.object({ hello: z.string() }) } },
  handle: async ({ body }) => ({ status: 201, body: { hello: body.name } }),
});

const show = route({
  method: 'GET',
  path: '/greetings/:id',
  tag: 'greetings',
  summary: 'Shows one',
  policy: publicAccessPolicy,
  params: z.object({ id: z.string().min(3) }),
  query: z.object({ limit: z.coerce.number().int().max(100).optional() }),
  answers: {
    200: {
      description: 'It',
      schema: z.object({ id: z.string(), limit: z.number().optional(), ip: z.string() }),
    },
  },
  handle: async ({ params, query, ip }) => ({ status: 200, body: { id: params.id, limit: query.limit, ip } }),
});

/**
 * Returns a GET route with the given handler.
 * @param more further fields of the route
 */
function doing(handle: Route['handle'], more: Partial<Route> = {}): Route {
  return {
    method: 'GET',
    path: '/doing',
    tag: 'test',
    summary: 'Does something',
    policy: publicAccessPolicy,
    answers: { 200: { description: 'Done', schema: z.object({ ok: z.literal(true) }) } },
    problems: [standardProblems.conflict, standardProblems.rate_limited],
    handle,
    ...more,
  };
}

async function done() {
  return { status: 200, body: { ok: true } };
}

interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfter?: number;
}

async function problemOf(response: Response): Promise<ProblemBody> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const body = (await response.json()) as ProblemBody;
  assert.equal(body.status, response.status);
  assert.equal(body.type, `urn:latchkey:problem:${body.code}`);
  assert.equal(body.requestId, response.headers.get('x-request-id'));
  return body;
}

function pointersOf(problem: ProblemBody): readonly string[] {
  return (problem.errors ?? []).map(({ pointer }) => pointer);
}

describe('a route', () => {
  it('responds with the result of its handler, which caches must not store', async (t) => {
    const { post } = await serveRoutes(t, [greet]);
    const response = await post('/greetings', { name: 'Ada' });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.deepEqual(await response.json(), { hello: 'Ada' });
  });

  it('reports the faults of path and query together, each with its place', async (t) => {
    const { call } = await serveRoutes(t, [show]);
    const response = await call('/greetings/x?limit=1000&colour=red');
    assert.equal(response.status, 400);
    const problem = await problemOf(response);
    assert.equal(problem.code, 'validation_failed');
    assert.deepEqual(problem.errors, [
      { pointer: '#/path/id', code: 'too_short', message: 'must have at least 3 characters' },
      { pointer: '#/query/limit', code: 'too_large', message: 'must be at most 100' },
      { pointer: '#/query/colour', code: 'unknown', message: 'is not a known field' },
    ]);
  });

  it('refuses a query parameter given twice, and any on a change that takes none', async (t) => {
    const { call } = await serveRoutes(t, [show, doing(done, { method: 'POST' })]);
    const twice = await problemOf(await call('/greetings/abc?limit=1&limit=2'));
    assert.deepEqual(twice.errors, [
      { pointer: '#/query/limit', code: 'malformed', message: 'must not be given more than once' },
    ]);
    const unknown = await problemOf(await call('/doing?utm=1', { method: 'POST' }));
    assert.deepEqual(unknown.errors, [
      { pointer: '#/query/utm', code: 'unknown', message: 'is not a known parameter' },
    ]);
  });

  it('ignores any query on a GET that takes none, even one that cannot be read', async (t) => {
    const { call } = await serveRoutes(t, [doing(done)]);
    for (const query of ['utm_source=mail&utm_source=mail', 'mc_eid=%zz', '%ff', '__proto__=x', '?'])
      assert.equal((await call(`/doing?${query}`)).status, 200, query);
  });

  it('refuses unknown fields at any depth', async (t) => {
    const { post } = await serveRoutes(t, [greet]);
    const problem = await problemOf(
      await post('/greetings', { name: 'Ada', nested: { deep: '', b: 1 }, a: 1 }),
    );
    assert.deepEqual(pointersOf(problem).toSorted(), ['#/a', '#/nested/b']);
  });

  it('says which fields are missing', async (t) => {
    const { post } = await serveRoutes(t, [greet]);
    const problem = await problemOf(await post('/greetings', {}));
    assert.deepEqual(problem.errors, [{ pointer: '#/name', code: 'required', message: 'is required' }]);
    assert.equal(problem.detail, 'The request has a fault. #/name: is required');
  });

  it('says so if the body is empty', async (t) => {
    const { call } = await serveRoutes(t, [greet]);
    const response = await call('/greetings', { method: 'POST' });
    assert.equal(response.status, 400);
    assert.deepEqual((await problemOf(response)).errors, [
      { pointer: '#', code: 'required', message: 'must be a JSON object, but is empty' },
    ]);
  });

  it('answers HEAD like GET, without a body', async (t) => {
    const { call } = await serveRoutes(t, [doing(done)]);
    const response = await call('/doing', { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), '11');
    assert.equal(await response.text(), '');
  });

  it('passes cookies and the caller to its handler', async (t) => {
    const policy: AccessPolicy<string> = {
      who: 'a bearer',
      bearer: true,
      problems: [],
      authorise: async () => 'the caller',
    };
    const seen: unknown[] = [];
    const remember: Route['handle'] = async ({ cookie, caller }) => {
      seen.push(cookie('a'), caller);
      return done();
    };
    const { call } = await serveRoutes(t, [doing(remember, { policy })]);
    await call('/doing', { headers: { Cookie: 'b=a=2;a=1=; aa=3' } });
    assert.deepEqual(seen, ['1=', 'the caller']);
  });

  it('returns no cookie that the request has twice', async (t) => {
    const seen: unknown[] = [];
    const remember: Route['handle'] = async ({ cookie }) => {
      seen.push(cookie('a'), cookie('b'));
      return done();
    };
    const { call } = await serveRoutes(t, [doing(remember)]);
    for (const header of ['a=1; b=2; a=3', 'b=2; a=1; a=1', 'a=; b=2;a=1', 'b=2']) {
      await call('/doing', { headers: { Cookie: header } });
      assert.deepEqual(seen.splice(0), [undefined, '2']);
    }
  });
});

describe('a body', () => {
  const kinds = doing(async ({ sentAs, body }) => ({ status: 200, body: { sentAs, body } }), {
    method: 'POST',
    body: z.object({ name: z.string().optional() }),
    accepts: ['json', 'form', 'none'],
    answers: { 200: { description: 'Both', schema: z.object({ sentAs: z.string(), body: z.unknown() }) } },
  });
  function sent(type: string, body: string): RequestInit {
    return {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    };
  }
  const form = 'application/x-www-form-urlencoded';

  it('may be a form where the route takes forms', async (t) => {
    const { call } = await serveRoutes(t, [kinds, greet]);
    const taken = await call('/doing', sent(`${form}; charset=UTF-8`, 'name=Ada+L%C3%B6velace'));
    assert.deepEqual(await taken.json(), { sentAs: 'form', body: { name: 'Ada Lövelace' } });
    const refused = await call('/greetings', sent(form, 'name=Ada'));
    assert.equal(refused.status, 415);
    assert.equal((await problemOf(refused)).code, 'unsupported_media_type');
  });

  it('is a form even without a field, as one with a mere button', async (t) => {
    const { call } = await serveRoutes(t, [kinds]);
    const response = await call('/doing', sent(form, ''));
    assert.deepEqual(await response.json(), { sentAs: 'form', body: {} });
  });

  it('may be absent if the route takes none', async (t) => {
    const { call } = await serveRoutes(t, [kinds]);
    const response = await call('/doing', { method: 'POST' });
    assert.deepEqual(await response.json(), { sentAs: 'none', body: {} });
  });

  for (const [what, body, pointer] of [
    ['a repeated field', 'name=a&name=b', '#/name'],
    ['broken percent-encoding', 'name=%zz', '#/name'],
    ['bytes that are not UTF-8', 'name=%ff', '#/name'],
    ['NUL', 'name=a%00', '#/name'],
    ['an unknown field', '__proto__=a', '#/__proto__'],
    ['too many fields', 'a&'.repeat(101), '#'],
  ] as const) {
    it(`is refused as a form with ${what}`, async (t) => {
      const { call } = await serveRoutes(t, [kinds]);
      const response = await call('/doing', sent(form, body));
      assert.equal(response.status, 400);
      assert.ok(pointersOf(await problemOf(response)).includes(pointer));
    });
  }

  it('is refused on a route that takes none', async (t) => {
    const { post } = await serveRoutes(t, [doing(done, { method: 'POST' })]);
    assert.equal((await post('/doing', {})).status, 415);
  });

  it('of exactly 64 KiB is read, of one byte more refused', async (t) => {
    const { call } = await serveRoutes(t, [kinds]);
    function padded(size: number): string {
      return `{"name":"a"}${' '.repeat(size - 12)}`;
    }
    assert.equal((await call('/doing', sent('application/json', padded(65_536)))).status, 200);
    assert.equal((await call('/doing', sent('application/json', padded(65_537)))).status, 413);
  });

  it('is refused over 64 KiB even if its length was not announced', async (t) => {
    const { call } = await serveRoutes(t, [kinds]);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 20; i += 1) yield new Uint8Array(8192);
    };
    const init = {
      ...sent('application/json', ''),
      body: ReadableStream.from(chunks()),
      duplex: 'half',
    } as RequestInit;
    const response = await call('/doing', init);
    assert.equal(response.status, 413);
    assert.equal(response.headers.get('connection'), 'close');
    assert.equal((await problemOf(response)).code, 'payload_too_large');
  });
});

describe('who may call', () => {
  const closed: AccessPolicy<null> = {
    who: 'nobody',
    bearer: true,
    problems: [],
    authorise: async () => {
      throw new Problem(standardProblems.unauthenticated, { headers: { 'WWW-Authenticate': 'Bearer' } });
    },
  };

  it('is checked before the input is validated', async (t) => {
    const { call } = await serveRoutes(t, [{ ...greet, policy: closed }]);
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"truncated' };
    const response = await call('/greetings?x=1', init);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get('www-authenticate'), 'Bearer');
    const problem = await problemOf(response);
    assert.equal(problem.code, 'unauthenticated');
    assert.equal(problem.errors, undefined);
  });
});

describe('an address', () => {
  it('that is unknown answers 404, also to OPTIONS', async (t) => {
    const { call } = await serveRoutes(t, [greet]);
    for (const method of ['GET', 'POST', 'OPTIONS', 'PROPFIND']) {
      const response = await call('/nowhere', { method });
      assert.equal(response.status, 404, method);
      assert.equal((await problemOf(response)).code, 'not_found');
    }
  });

  it('that does not take the method answers 405 with those it takes', async (t) => {
    const { call } = await serveRoutes(t, [greet, show]);
    const response = await call('/greetings/abc', { method: 'DELETE' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'HEAD, GET, OPTIONS');
    assert.equal((await problemOf(response)).code, 'method_not_allowed');
  });

  it('tells its methods to OPTIONS', async (t) => {
    const { call } = await serveRoutes(t, [greet]);
    const response = await call('/greetings', { method: 'OPTIONS' });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('allow'), 'POST, OPTIONS');
  });

  it('answers each method alike, whichever methods it was asked with before', async (t) => {
    const { call } = await serveRoutes(t, [greet]);
    for (let round = 0; round < 2; round += 1) {
      for (const [method, status] of [
        ['DELETE', 405],
        ['POST', 400],
        ['OPTIONS', 204],
      ] as const)
        assert.equal((await call('/greetings', { method })).status, status, method);
    }
  });

  for (const path of ['/greetings/%', '/greetings/%ff%fe', '/%zz', '/greetings/abc%00']) {
    it(`is refused if it is written ${path}`, async (t) => {
      const { call } = await serveRoutes(t, [show]);
      const response = await call(path);
      assert.equal(response.status, 400);
      assert.deepEqual(pointersOf(await problemOf(response)), ['#/path']);
    });
  }
});

describe('a bug of ours', () => {
  const secret = 'mongodb://root:hunter2@db';

  it('answers 500 and gives nothing away, but is logged with the request id', async (t) => {
    const { call, log } = await serveRoutes(t, [
      doing(async () => {
        throw new TypeError(`cannot reach ${secret}`);
      }),
    ]);
    const response = await call('/doing', { headers: { 'X-Request-Id': 'request-1' } });
    assert.equal(response.status, 500);
    const text = await response.text();
    assert.ok(!text.includes('cannot reach'));
    assert.equal(JSON.parse(text).code, 'internal');
    const line = await log.line(({ msg }) => msg === 'request failed');
    assert.equal(line['requestId'], 'request-1');
    assert.equal((line['err'] as { type: string }).type, 'TypeError');
  });

  it('is an answer with a status that is not declared', async (t) => {
    const { call } = await serveRoutes(t, [doing(async () => ({ status: 418, body: { ok: true } }))]);
    assert.equal((await call('/doing')).status, 500);
  });

  it('is a problem that is not declared, which production answers as it is', async (t) => {
    const refusing = doing(
      async () => {
        throw new Problem(standardProblems.conflict);
      },
      { problems: [] },
    );
    const developing = await serveRoutes(t, [refusing]);
    assert.equal((await developing.call('/doing')).status, 500);
    const production = await serveRoutes(t, [refusing], { undeclared: 'drop' });
    assert.equal((await production.call('/doing')).status, 409);
  });

  it('is HTML or text if it is not declared', async (t) => {
    const { call } = await serveRoutes(t, [doing(async () => ({ status: 200, html: '<p>' }))]);
    assert.equal((await call('/doing')).status, 500);
  });

  it('is a declared field that is missing, also in production', async (t) => {
    const { call } = await serveRoutes(t, [doing(async () => ({ status: 200, body: {} }))], {
      undeclared: 'drop',
    });
    assert.equal((await call('/doing')).status, 500);
  });

  it('is a problem that the route does not declare', async (t) => {
    const spec = { code: 'teapot', status: 418, title: 'Teapot' };
    const pour: Route['handle'] = async () => {
      throw new Problem(spec);
    };
    const { call } = await serveRoutes(t, [
      doing(pour),
      doing(pour, { path: '/declared', problems: [spec] }),
    ]);
    assert.equal((await call('/doing')).status, 500);
    assert.equal((await call('/declared')).status, 418);
  });

  it('is an undeclared field while developing, which is dropped in production', async (t) => {
    const talkative = doing(async () => ({ status: 200, body: { ok: true, passwordHash: 'x' } }));
    const developing = await serveRoutes(t, [talkative]);
    assert.equal((await developing.call('/doing')).status, 500);
    const production = await serveRoutes(t, [talkative], { undeclared: 'drop' });
    assert.deepEqual(await (await production.call('/doing')).json(), { ok: true });
  });
});

describe('problems', () => {
  it('carry their headers, details and resolution', async (t) => {
    const { call } = await serveRoutes(t, [
      doing(async () => {
        throw createRateLimitProblem(1.2);
      }),
    ]);
    const response = await call('/doing');
    assert.equal(response.status, 429);
    assert.equal(response.headers.get('retry-after'), '2');
    const { detail, retryAfter } = await problemOf(response);
    assert.deepEqual([detail, retryAfter], ['Too many requests. Try again in 2 s.', 2]);
  });

  it('are pages if the answer would be one', async (t) => {
    const page = doing(
      async () => {
        throw new Problem(standardProblems.conflict, { detail: 'used' });
      },
      {
        answers: { 200: { description: 'A page', media: ['text/html'] } },
        problemPage: ({ spec, details }) => `<h1>${spec.title}: ${details.detail}</h1>`,
        pageHeaders: {
          'Content-Security-Policy': createPageContentSecurityPolicy('https://cdn.example.com'),
        },
      },
    );
    const form = { ...page, method: 'POST', body: z.object({}), accepts: ['json', 'form'] } as const;
    const { call, post } = await serveRoutes(t, [page, form]);
    for (const init of [{}, { method: 'POST', body: new URLSearchParams() }]) {
      const response = await call('/doing', init);
      assert.equal(response.status, 409);
      assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(
        response.headers.get('content-security-policy'),
        securityHeaders.page['Content-Security-Policy'].replace(
          "img-src 'self'",
          "img-src 'self' https://cdn.example.com",
        ),
      );
      assert.equal(await response.text(), '<h1>Conflict: used</h1>');
    }
    assert.equal((await problemOf(await post('/doing', {}))).code, 'conflict');
  });

  it('are problem details if the route makes no page of them', async (t) => {
    const { call } = await serveRoutes(t, [
      doing(
        async () => {
          throw new Problem(standardProblems.conflict);
        },
        { answers: { 200: { description: 'A page', media: ['text/html'] } }, problemPage: () => undefined },
      ),
    ]);
    assert.equal((await problemOf(await call('/doing'))).code, 'conflict');
  });
});

describe('answers', () => {
  it('may be pages or texts, whose headers overrule the general ones', async (t) => {
    const { call } = await serveRoutes(t, [
      doing(async () => ({ status: 200, html: '<p>hi', headers: securityHeaders.page }), {
        answers: { 200: { description: 'A page', media: ['text/html'] } },
      }),
      doing(async () => ({ status: 200, text: { type: 'text/css; charset=utf-8', text: 'a{}' } }), {
        path: '/style.css',
        cacheControl: 'public, max-age=60',
        answers: { 200: { description: 'A style sheet', media: ['text/css'] } },
      }),
    ]);
    const page = await call('/doing');
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action/,
    );
    const style = await call('/style.css');
    assert.equal(style.headers.get('content-type'), 'text/css; charset=utf-8');
    assert.equal(style.headers.get('cache-control'), 'public, max-age=60');
    assert.equal(await style.text(), 'a{}');
  });

  it('may be empty, with any status', async (t) => {
    const { call } = await serveRoutes(t, [
      doing(async () => ({ status: 204 }), { answers: { 204: { description: 'Gone' } } }),
      doing(async () => ({ status: 202 }), { path: '/202', answers: { 202: { description: 'Later' } } }),
    ]);
    assert.equal((await call('/doing')).status, 204);
    const later = await call('/202');
    assert.equal(later.status, 202);
    assert.equal(await later.text(), '');
  });

  it('may set several cookies', async (t) => {
    const { call } = await serveRoutes(t, [
      doing(async () => ({ ...(await done()), headers: { 'Set-Cookie': ['a=1', 'b=2'] } })),
    ]);
    assert.deepEqual((await call('/doing')).headers.getSetCookie(), ['a=1', 'b=2']);
  });
});

describe('the request id', () => {
  it("is the client's own where it is well-formed, else a new one", async (t) => {
    const { call } = await serveRoutes(t, [doing(done)]);
    async function idFor(id: string): Promise<string | null> {
      return (await call('/doing', { headers: { 'X-Request-Id': id } })).headers.get('x-request-id');
    }
    assert.equal(await idFor('order-4711.a_B'), 'order-4711.a_B');
    for (const id of ['short', 'x'.repeat(129), 'with space', 'über-uns-hier']) {
      assert.match((await idFor(id)) ?? '', /^[\da-f-]{36}$/);
    }
  });
});

describe('browsers on other origins', () => {
  const origins = ['https://app.example.com'];
  function from(origin: string, more: RequestInit = {}): RequestInit {
    return {
      ...more,
      headers: { Origin: origin, ...more.headers },
    };
  }

  it('that are listed may read answers and their headers', async (t) => {
    const { call } = await serveRoutes(t, [doing(done)], { corsOrigins: origins });
    const response = await call('/doing', from('https://app.example.com'));
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example.com');
    assert.equal(response.headers.get('access-control-allow-credentials'), 'true');
    assert.equal(
      response.headers.get('access-control-expose-headers'),
      'X-Request-Id, Account-Sequence, Retry-After',
    );
    assert.equal(response.headers.get('vary'), 'Origin');
  });

  it('may read problems too', async (t) => {
    const { call } = await serveRoutes(t, [doing(done)], { corsOrigins: origins });
    const response = await call('/nowhere', from('https://app.example.com'));
    assert.equal(response.status, 404);
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example.com');
  });

  it('that are not listed may not, nor may "null"', async (t) => {
    const { call } = await serveRoutes(t, [doing(done)], { corsOrigins: [...origins, 'null'] });
    for (const origin of ['https://evil.example.com', 'https://app.example.com.evil.com', 'null']) {
      const response = await call('/doing', from(origin));
      assert.equal(response.headers.get('access-control-allow-origin'), null);
      assert.equal(response.headers.get('vary'), 'Origin');
    }
  });

  it('get an answer to their preflight', async (t) => {
    const { call } = await serveRoutes(t, [greet], {
      corsOrigins: (origin) => origin.startsWith('http://localhost:'),
    });
    const preflight = { method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'POST' } };
    const listed = await call('/greetings', from('http://localhost:5173', preflight));
    assert.equal(listed.status, 204);
    assert.match(listed.headers.get('access-control-allow-methods') ?? '', /POST/);
    assert.match(listed.headers.get('access-control-allow-headers') ?? '', /Authorization.*Account-Sequence/);
    const stranger = await call('/greetings', from('http://elsewhere:5173', preflight));
    assert.equal(stranger.headers.get('access-control-allow-methods'), null);
  });
});

describe('the access log', () => {
  it('has one line per request, with the pattern of the route and not the address', async (t) => {
    const { call, log } = await serveRoutes(t, [show]);
    await call('/greetings/abcdef?limit=5');
    const line = await log.line(({ msg }) => msg === 'request');
    assert.equal(line['route'], '/greetings/:id');
    assert.equal(line['status'], 200);
    assert.equal(line['method'], 'GET');
    assert.equal(typeof line['ms'], 'number');
    assert.ok(!log.text().includes('abcdef'));
    assert.ok(!log.text().includes('127.0.0.1'));
  });

  it('never holds the address of a secret path, at any level, in errors neither', async (t) => {
    const token = 'short-secret';
    const { call, log } = await serveRoutes(t, [
      doing(
        async ({ path }) => {
          throw new Error(`GET ${path} failed`, { cause: new Error(path) });
        },
        { path: '/verify/:token', params: z.object({ token: z.string() }), secretPath: true },
      ),
    ]);
    assert.equal((await call(`/verify/${token}`)).status, 500);
    assert.equal((await call(`/verify/${token}/more`)).status, 404);
    assert.equal((await call(`/verify/${token}`, { method: 'DELETE' })).status, 405);
    await log.line(({ msg, status }) => msg === 'request' && status === 405);
    assert.match(log.text(), /GET \/verify\/\[redacted\] failed/);
    assert.ok(!log.text().includes(token));
  });

  it('counts a client that went away as such, not as an error', async (t) => {
    const entered = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const { call, log } = await serveRoutes(t, [
      doing(async () => {
        entered.resolve();
        await left.promise;
        return done();
      }),
    ]);
    const aborting = new AbortController();
    const request = call('/doing', { signal: aborting.signal }).catch(() => 'aborted');
    await entered.promise;
    aborting.abort();
    assert.equal(await request, 'aborted');
    assert.equal((await log.line(({ msg }) => msg === 'request'))['status'], 499);
    left.resolve();
    assert.deepEqual(
      log.lines().filter(({ level }) => level === 'error' || level === 'warn'),
      [],
    );
  });
});

describe('metrics', () => {
  it('time requests by the pattern of their route', async (t) => {
    const { call, registry, log } = await serveRoutes(t, [show]);
    await call('/greetings/abcdef');
    await call('/nowhere/special');
    await log.line(({ route }) => route === 'none');
    const text = await registry.metrics();
    assert.match(
      text,
      /latchkey_http_request_duration_seconds_count\{method="GET",route="\/greetings\/:id",status="200"\} 1/,
    );
    assert.match(text, /route="none",status="404"\} 1/);
    assert.ok(!text.includes('special'));
  });
});
