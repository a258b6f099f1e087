import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { createGuard } from './guard.ts';
import { introspection } from './introspection.ts';
import { Refusal } from './refusal.ts';
import type { RevocationCheck } from './session-status.ts';
import { createTestTokens } from './testing.ts';

function bearer(token: string) {
  return (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined);
}

const quiet = { warn: () => undefined };

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );
}

describe('a guard', () => {
  test('refuses a token of another issuer or audience, and one that has expired', async () => {
    const tokens = await createTestTokens();
    const check = createGuard(tokens.options).authenticated();
    const stranger = await createTestTokens();
    const elsewhere = createGuard({ ...tokens.options, audience: 'others', logger: quiet }).authenticated();
    assert.equal(await codeOf(check(bearer(await tokens.sign()))), 'accepted');
    assert.equal(await codeOf(check(bearer(await stranger.sign()))), 'unauthenticated');
    assert.equal(await codeOf(elsewhere(bearer(await tokens.sign()))), 'unauthenticated');
    assert.equal(
      await codeOf(check(bearer(await tokens.sign({ expiresInSeconds: -120 })))),
      'unauthenticated',
    );
  });

  test('accepts tokens that are signed with RS256, and refuses those whose algorithm is not that of the key', async () => {
    const [rsa, ec] = [await createTestTokens({ algorithm: 'RS256' }), await createTestTokens()];
    const check = createGuard(rsa.options).authenticated();
    assert.equal(await codeOf(check(bearer(await rsa.sign()))), 'accepted');
    assert.equal(await codeOf(check(bearer(await ec.sign()))), 'unauthenticated');
    assert.equal(
      await codeOf(createGuard(ec.options).authenticated()(bearer(await rsa.sign()))),
      'unauthenticated',
    );
  });

  test('refuses a revoked token that it has accepted before, and accepts a later one', async () => {
    const tokens = await createTestTokens();
    const check = createGuard(tokens.options).authenticated();
    const token = await tokens.sign({ sequence: 4 });
    const { account } = await check(bearer(token));
    tokens.revoke(account, 5);
    assert.equal(await codeOf(check(bearer(token))), 'unauthenticated');
    assert.equal(await codeOf(check(bearer(await tokens.sign({ account, sequence: 5 })))), 'accepted');
  });

  test('gives a caller whose claims a handler cannot change for later requests with the same token', async () => {
    const tokens = await createTestTokens();
    const { authenticated, role } = createGuard(tokens.options);
    const token = await tokens.sign({ role: 'user' });
    const { claims } = await authenticated()(bearer(token));
    Reflect.set(claims, 'role', 'admin');
    assert.equal((await authenticated()(bearer(token))).claims.role, 'user');
    assert.equal(await codeOf(role('admin')(bearer(token))), 'insufficient_permission');
  });

  test('checks the signature again after a minute, and when the token expires', async () => {
    const tokens = await createTestTokens();
    let now = Date.now();
    let lookups = 0;
    const { keys } = tokens.options;
    const check = createGuard({
      ...tokens.options,
      keys: (header, token) => {
        lookups += 1;
        return keys(header, token);
      },
      now: () => new Date(now),
    }).authenticated();
    const token = await tokens.sign({ expiresInSeconds: 3600 });
    await check(bearer(token));
    await check(bearer(token));
    assert.equal(lookups, 1);
    now += 61_000;
    await check(bearer(token));
    assert.equal(lookups, 2);
    now += 7_200_000;
    assert.equal(await codeOf(check(bearer(token))), 'unauthenticated');
  });

  test('fetches the keys of its issuer', async () => {
    const tokens = await createTestTokens({ issuer: 'http://127.0.0.1:1/' });
    const check = createGuard({ issuer: 'http://127.0.0.1:1/', logger: quiet }).authenticated();
    assert.equal(await codeOf(check(bearer(await tokens.sign()))), 'unavailable');
  });
});

test('a token is refused if a check of revocations answers with a status that the guard does not know', async () => {
  const tokens = await createTestTokens();
  const revocations = { sessionStatus: async () => 'dead' } as unknown as RevocationCheck;
  const check = createGuard({ ...tokens.options, revocations }).authenticated();
  assert.equal(await codeOf(check(bearer(await tokens.sign()))), 'unauthenticated');
});

test('a guard that cannot check tokens warns once in 10 s, and names the cause', async () => {
  const tokens = await createTestTokens();
  let now = Date.now();
  const warnings: object[] = [];
  const check = createGuard({
    ...tokens.options,
    revocations: introspection({
      url: 'http://latchkey.test/introspect',
      key: 'wrong',
      fetch: async () => new Response('', { status: 401 }),
    }),
    now: () => new Date(now),
    logger: { warn: (fields) => void warnings.push(fields) },
  }).authenticated();
  const token = await tokens.sign();
  for (const passed of [0, 9_999, 1]) {
    now += passed;
    assert.equal(await codeOf(check(bearer(token))), 'unavailable');
  }
  assert.equal(warnings.length, 2);
  assert.match(inspect(warnings[0]), /introspect refuses the key of this service \(401\)/);
});

test('a guard with another issuer or audience than its tokens warns once in 10 s, and names both', async () => {
  const tokens = await createTestTokens({ issuer: 'http://localhost:8080' });
  let now = Date.now();
  const warnings: string[] = [];
  const options = {
    ...tokens.options,
    now: () => new Date(now),
    logger: { warn: (_fields: object, message: string) => void warnings.push(message) },
  };
  const token = await tokens.sign({ expiresInSeconds: 3600 });
  const elsewhere = createGuard({ ...options, issuer: 'http://127.0.0.1:8080' }).authenticated();
  for (const passed of [0, 9_999, 1]) {
    now += passed;
    assert.equal(await codeOf(elsewhere(bearer(token))), 'unauthenticated');
  }
  const other = createGuard({ ...options, audience: 'others' }).authenticated();
  assert.equal(await codeOf(other(bearer(token))), 'unauthenticated');
  const wrongIssuer =
    "a token was refused because its issuer is http://localhost:8080, but this guard's issuer is http://127.0.0.1:8080: set issuer to Latchkey's PUBLIC_URL";
  const wrongAudience =
    "a token was refused because its audience is latchkey, but this guard's audience is others: set audience to Latchkey's AUDIENCE";
  assert.deepEqual(warnings, [wrongIssuer, wrongIssuer, wrongAudience]);
});

test('a guard does not log tokens that were not signed with its keys, have expired, or are accepted', async () => {
  const tokens = await createTestTokens();
  const stranger = await createTestTokens({ issuer: 'https://stranger.test', audience: 'strangers' });
  const warnings: string[] = [];
  const check = createGuard({
    ...tokens.options,
    logger: { warn: (_fields, message) => void warnings.push(message) },
  }).authenticated();
  assert.equal(await codeOf(check(bearer(await stranger.sign()))), 'unauthenticated');
  assert.equal(await codeOf(check(bearer(await tokens.sign({ expiresInSeconds: -120 })))), 'unauthenticated');
  assert.equal(await codeOf(check(bearer(await tokens.sign()))), 'accepted');
  assert.deepEqual(warnings, []);
});

describe('introspection', () => {
  function latchkey(answers: readonly (Response | Error)[]) {
    const asked: Request[] = [];
    const rest = [...answers];
    async function respond(url: string | URL | Request, init?: RequestInit): Promise<Response> {
      asked.push(new Request(url, init));
      const answer = rest.shift() ?? new Error('asked too often');
      if (answer instanceof Error) throw answer;
      return answer;
    }
    return { asked, fetch: respond };
  }

  test('asks once per moment, and refuses inactive tokens', async () => {
    const tokens = await createTestTokens();
    let clock = 0;
    const { asked, fetch } = latchkey([Response.json({ active: true }), Response.json({ active: false })]);
    const url = 'http://latchkey.test/introspect';
    const revocations = introspection({ url, key: 'secret', fetch, clock: () => clock });
    const check = createGuard({ ...tokens.options, revocations }).authenticated();
    const token = await tokens.sign();
    await Promise.all([check(bearer(token)), check(bearer(token))]);
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.headers.get('authorization'), 'Bearer secret');
    assert.equal(await asked[0]?.text(), `token=${token}`);
    clock = 1000;
    assert.equal(await codeOf(check(bearer(token))), 'unauthenticated');
  });

  test('gives the current role of the account, and whether it is verified now', async () => {
    const tokens = await createTestTokens();
    const { fetch } = latchkey([
      Response.json({ active: true, email_verified: true, role: 'admin' }),
      Response.json({ active: true, email_verified: true, role: 'user' }),
      Response.json({ active: true, email_verified: false, role: 'admin' }),
    ]);
    const revocations = introspection({ url: 'http://latchkey.test', key: 'secret', fetch, cacheMs: 0 });
    const guard = createGuard({ ...tokens.options, revocations });
    const promoted = await tokens.sign({ verified: false, role: 'user' });
    assert.partialDeepStrictEqual(await guard.role('admin')(bearer(promoted)), {
      role: 'admin',
      verified: true,
    });
    const demoted = await tokens.sign({ verified: true, role: 'admin' });
    assert.equal(await codeOf(guard.role('admin')(bearer(demoted))), 'insufficient_permission');
    assert.equal(await codeOf(guard.verified()(bearer(demoted))), 'account_not_verified');
  });

  test('answers 503 while it gets no answer, and asks again', async () => {
    const tokens = await createTestTokens();
    const { fetch } = latchkey([
      new Error('away'),
      new Response('', { status: 500 }),
      new Response('<html>maintenance</html>'),
      Response.json({ active: true }),
    ]);
    const revocations = introspection({ url: 'http://latchkey.test', key: 'secret', fetch });
    const check = createGuard({ ...tokens.options, revocations, logger: quiet }).authenticated();
    const token = await tokens.sign();
    for (let failures = 0; failures < 3; failures += 1)
      assert.equal(await codeOf(check(bearer(token))), 'unavailable');
    assert.equal(await codeOf(check(bearer(token))), 'accepted');
  });
});
