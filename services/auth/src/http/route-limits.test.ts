import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAuth } from '../testing/auth.fixture.ts';
import { rateLimitsByOperationId } from './route-limits.ts';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: Readonly<Record<string, unknown>> }>
  >;
}

type Limited = readonly [operationId: string, response: Operation['responses'][string]];

/** Returns the operations of auth that may respond with 429, each with the description of this response. */
async function limitedOperations(
  t: Parameters<typeof startTestAuth>[0],
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly Limited[]> {
  const auth = await startTestAuth(t, settings);
  const { paths } = (await auth.get('/openapi.json')).json as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ operationId, responses }) =>
      responses[429] === undefined ? [] : [[operationId, responses[429]] as const],
    );
}

test('every route that may refuse with 429 says in the OpenAPI document what is allowed', async (t) => {
  const limited = await limitedOperations(t, { LIMIT_LOGINS: '77' });
  assert.deepEqual(limited.map(([id]) => id).toSorted(), Object.keys(rateLimitsByOperationId).toSorted());
  for (const [id, { description, headers }] of limited) {
    assert.match(description, /Allowed, unless configured otherwise: \d+ /, id);
    assert.ok(headers?.['Retry-After'], id);
  }
  const login = limited.find(([id]) => id === 'login')?.[1].description;
  assert.match(
    login ?? '',
    /: 10 incorrect passwords for an email address in 15 minutes; \d+ incorrect .*; 77 logins of an account in an hour\.$/,
  );
});

test('the OpenAPI document names no limits if none is enforced', async (t) => {
  const limited = await limitedOperations(t, { LATCHKEY_ENV: 'development', LIMITS: 'off' });
  assert.ok(limited.length > 0);
  for (const [, { description }] of limited) assert.doesNotMatch(description, /Allowed/);
});
