import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import type { AccessClaims } from './access-token.ts';
import {
  createGuards,
  type GuardedRequest,
  type Guards,
  type LookUpSessionStatus,
  type RefusalDetails,
  type RefusalSpec,
} from './guards.ts';
import { KeysUnavailable } from './key-source.ts';

const claims: AccessClaims = {
  iss: 'https://id.example.com',
  aud: 'latchkey',
  sub: '01890a5d-ac96-774b-bcce-b302099a8057',
  sid: 's1',
  client_id: 'latchkey',
  iat: 1,
  exp: 2,
  jti: 'j1',
  email_verified: true,
  role: 'admin',
  seq: 3,
};

class Refusal extends Error {
  readonly spec: RefusalSpec;
  readonly details: RefusalDetails;

  constructor(spec: RefusalSpec, details: RefusalDetails) {
    super(spec.code);
    this.spec = spec;
    this.details = details;
  }
}

function requestWith(authorization?: string): GuardedRequest {
  return { headers: { authorization } };
}

function guardsOf(
  sessionStatus: LookUpSessionStatus,
  verify = async (token: string) => (token === 'genuine' ? claims : undefined),
): Guards {
  return createGuards({
    verify,
    sessionStatus,
    refuse: (spec, details) => new Refusal(spec, details),
  });
}

const admin = guardsOf(async () => ({ verified: true, role: 'admin' }));

async function refusal(attempt: Promise<unknown>): Promise<Refusal> {
  const outcome = await attempt.then(
    () => 'let in',
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof Refusal, String(outcome));
  return outcome;
}

const WITHOUT_TOKEN = 'Bearer realm="latchkey"';
const WITH_TOKEN = 'Bearer realm="latchkey", error="invalid_token"';

describe('a guard', () => {
  test('accepts a valid token, and returns its claims and the current state of the account', async () => {
    const caller = await guardsOf(async () => ({ verified: true, role: 'user' })).verified.authorise(
      requestWith('Bearer genuine'),
    );
    assert.deepEqual(caller, { claims, verified: true, role: 'user' });
  });

  test('takes the scheme in any case and several spaces behind it (RFC 9110, 11.1; RFC 6750, 2.1)', async () => {
    for (const header of ['bearer genuine', 'BEARER genuine', 'Bearer   genuine']) {
      const caller = await admin.authenticated.authorise(requestWith(header));
      assert.equal(caller.claims.sub, claims.sub);
    }
  });

  test('passes the request to the look-up of the account, which may read its headers', async () => {
    let seen: GuardedRequest | undefined;
    const request = requestWith('Bearer genuine');
    await guardsOf(async (_claims, given) => {
      seen = given;
      return { verified: true, role: 'user' };
    }).authenticated.authorise(request);
    assert.equal(seen, request);
  });

  const headers: readonly (readonly [string, string | undefined, string])[] = [
    ['no Authorization', undefined, WITHOUT_TOKEN],
    ['an empty Authorization', '', WITHOUT_TOKEN],
    ['another scheme', 'Basic Z2VudWluZTo=', WITHOUT_TOKEN],
    ['a scheme that begins like ours', 'BearerX genuine', WITHOUT_TOKEN],
    ['a token without a scheme', 'genuine', WITHOUT_TOKEN],
    ['a scheme without a token', 'Bearer', WITH_TOKEN],
    ['a token that is not genuine', 'Bearer forged', WITH_TOKEN],
    ['something behind the token', 'Bearer genuine x', WITH_TOKEN],
    ['a comma behind the token', 'Bearer genuine,', WITH_TOKEN],
    ['a line break behind the token', 'Bearer genuine\n', WITH_TOKEN],
    ['two Authorization headers, joined', 'Bearer genuine, Bearer genuine', WITH_TOKEN],
    ['a tab for a space', 'Bearer\tgenuine', WITH_TOKEN],
  ];
  for (const [what, header, challenge] of headers) {
    test(`refuses ${what} with 401 and its challenge`, async () => {
      for (const policy of [admin.authenticated, admin.verified, admin.withRole('admin')]) {
        const problem = await refusal(policy.authorise(requestWith(header)));
        assert.equal(problem.spec.code, 'unauthenticated');
        assert.equal(problem.spec.status, 401);
        assert.equal(problem.details.headers?.['WWW-Authenticate'], challenge);
      }
    });
  }

  test('refuses a revoked token in the same words as a forged one', async () => {
    const revoked = guardsOf(async () => 'revoked');
    const refused = await refusal(revoked.authenticated.authorise(requestWith('Bearer genuine')));
    const forged = await refusal(revoked.authenticated.authorise(requestWith('Bearer forged')));
    assert.equal(refused.spec.status, 401);
    assert.deepEqual(refused.details, forged.details);
  });

  test('lets an unverified account in if no verification is asked for', async () => {
    const unverified = guardsOf(async () => ({ verified: false, role: 'user' }));
    const caller = await unverified.authenticated.authorise(requestWith('Bearer genuine'));
    assert.equal(caller.verified, false);
  });

  test('tells an unverified account so before it looks at the role', async () => {
    const unverified = guardsOf(async () => ({ verified: false, role: 'user' }));
    for (const policy of [unverified.verified, unverified.withRole('admin')]) {
      const problem = await refusal(policy.authorise(requestWith('Bearer genuine')));
      assert.equal(problem.spec.code, 'account_not_verified');
      assert.equal(problem.spec.status, 403);
      assert.equal(problem.spec.title, 'Account Not Verified');
      assert.equal(problem.spec.resolution, 'Please check your email for verification details');
    }
  });

  test('goes by the role that the account has now, not by the one in the token', async () => {
    const demoted = guardsOf(async () => ({ verified: true, role: 'user' }));
    const problem = await refusal(demoted.withRole('admin').authorise(requestWith('Bearer genuine')));
    assert.equal(problem.spec.code, 'insufficient_permission');
    assert.equal(problem.spec.status, 403);
    assert.equal((await admin.withRole('admin').authorise(requestWith('Bearer genuine'))).role, 'admin');
  });

  test('with several roles takes an account that has one of them', async () => {
    const policy = guardsOf(async () => ({ verified: true, role: 'editor' })).withRole('admin', 'editor');
    assert.equal(policy.who, 'a verified admin or editor');
    assert.equal((await policy.authorise(requestWith('Bearer genuine'))).role, 'editor');
    const others = guardsOf(async () => ({ verified: true, role: 'user' })).withRole('admin', 'editor');
    const problem = await refusal(others.authorise(requestWith('Bearer genuine')));
    assert.equal(problem.spec.code, 'insufficient_permission');
  });

  test('passes a bug of the verifier on: it is no outage', async () => {
    const bug = new TypeError('a bug');
    const broken = guardsOf(
      async () => 'revoked',
      async () => {
        throw bug;
      },
    );
    await assert.rejects(broken.authenticated.authorise(requestWith('Bearer genuine')), bug);
  });

  test('says that it takes a token, and which headers it reads', () => {
    const headers = z.object({ 'x-other': z.string() });
    const declared = createGuards({
      verify: async () => claims,
      sessionStatus: async () => 'revoked',
      refuse: (spec, details) => new Refusal(spec, details),
      headers,
    });
    for (const guard of [declared.authenticated, declared.verified, declared.withRole('admin')]) {
      assert.equal(guard.bearer, true);
      assert.equal(guard.headers, headers);
    }
    assert.equal('headers' in admin.authenticated, false);
  });

  test('refuses with 503 and a time to retry while the keys cannot be fetched', async () => {
    const keyless = guardsOf(
      async () => 'revoked',
      async () => {
        throw new KeysUnavailable('away');
      },
    );
    const refused = await refusal(keyless.authenticated.authorise(requestWith('Bearer genuine')));
    assert.equal(refused.spec.status, 503);
    assert.equal(refused.details.retryAfter, 1);
  });

  test('declares what it may answer', async () => {
    function codes(policy: Guards['verified']) {
      return policy.problems.map((problem) => problem.code);
    }
    assert.deepEqual(codes(admin.authenticated), ['unauthenticated', 'unavailable']);
    assert.deepEqual(codes(admin.verified), ['unauthenticated', 'unavailable', 'account_not_verified']);
    assert.deepEqual(codes(admin.withRole('admin')), [
      'unauthenticated',
      'unavailable',
      'account_not_verified',
      'insufficient_permission',
    ]);
    assert.equal(admin.withRole('admin').who, 'a verified admin');
  });
});
