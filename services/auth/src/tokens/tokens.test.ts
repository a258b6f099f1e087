import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createFixedKeySource, createTokenVerifier } from '@latchkey/tokens';
import fc from 'fast-check';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { v7 } from 'uuid';
import { generateKey } from '../keys/generate-key.ts';
import { parseSigningKeys } from '../keys/keys.ts';
import { generateSecrets } from '../keys/secrets.ts';
import { createAccessTokenIssuer } from './access-tokens.ts';
import { createBodyDigest } from './body-digest.ts';
import { createLinkTokenCodec, trimLinkToken } from './link-tokens.ts';
import { createRefreshTokenIssuer } from './refresh-tokens.ts';
import { createSignUpTokenIssuer } from './sign-up-tokens.ts';

describe('a link token', () => {
  const tokens = createLinkTokenCodec();
  const userId = v7();

  test('has 64 characters and names its account', () => {
    const token = tokens.mint(userId);
    assert.match(token, /^[\w-]{64}$/);
    assert.equal(tokens.account(token), userId);
  });

  test('is different each time', () => {
    assert.notEqual(tokens.mint(userId), tokens.mint(userId));
  });

  test('has a hash of its own for each purpose', () => {
    const token = tokens.mint(userId);
    assert.equal(tokens.hash('reset', token), tokens.hash('reset', token));
    assert.notEqual(tokens.hash('reset', token), tokens.hash('verification', token));
    assert.notEqual(tokens.hash('reset', token), tokens.hash('reset', tokens.mint(userId)));
    assert.equal(tokens.hash('reset', 'A'.repeat(64)), '5Lc31FpwvBh5vFDd6J_q4taSARSaPQv63dbqM9QI-rw');
  });

  test('that is not well formed names nobody', () => {
    const token = tokens.mint(userId);
    const bad = [
      '',
      token.slice(1),
      `${token}A`,
      `${token} `,
      `${token}\n`,
      `+${token.slice(1)}`,
      '!'.repeat(64),
      '-'.repeat(64),
    ];
    for (const text of bad) assert.equal(tokens.account(text), undefined, text);
  });

  test('of any text never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        assert.ok(tokens.account(text) === undefined || /^[\w-]{64}$/.test(text));
      }),
    );
  });
});

describe('the token of a copied link', () => {
  const token = createLinkTokenCodec().mint(randomUUID());

  test('loses what programs insert into it and append to it', () => {
    const broken = `${token.slice(0, 20)}\n ${token.slice(20, 40)}\u200b${token.slice(40)}`;
    for (const copied of [token, ` ${token} `, broken, `${token}.`, `${token})`, `${token};jsessionid=1`])
      assert.equal(trimLinkToken(copied), token, copied);
  });

  test('is empty if there is none', () => {
    for (const copied of ['', ' ', '>', `(${token}`]) assert.equal(trimLinkToken(copied), '', copied);
  });
});

describe('a refresh token', () => {
  const tokens = createRefreshTokenIssuer([{ bytes: randomBytes(32) }]);
  const sessionId = v7();

  test('names its session and number', () => {
    for (const n of [0, 1, 10, 123_456_789]) {
      assert.deepEqual(tokens.open(tokens.issue(sessionId, n)), { sessionId, n });
    }
  });

  test('with one changed character is refused', () => {
    const token = tokens.issue(sessionId, 7);
    for (let i = 0; i < token.length; i += 1) {
      for (const other of ['A', '0', '.', 'b']) {
        const changed = token.slice(0, i) + other + token.slice(i + 1);
        if (changed !== token) assert.equal(tokens.open(changed), undefined, changed);
      }
    }
  });

  test('that is truncated anywhere is refused', () => {
    const token = tokens.issue(sessionId, 7);
    for (let length = 0; length < token.length; length += 1)
      assert.equal(tokens.open(token.slice(0, length)), undefined, String(length));
  });

  test('is not valid for another number, session or key', () => {
    const [, , mac] = tokens.issue(sessionId, 7).split('.');
    assert.equal(tokens.open(`${sessionId}.8.${mac}`), undefined);
    assert.equal(tokens.open(`${v7()}.7.${mac}`), undefined);
    assert.equal(
      createRefreshTokenIssuer([{ bytes: randomBytes(32) }]).open(tokens.issue(sessionId, 7)),
      undefined,
    );
  });

  test('is still valid once a newer key signs, until its own key is retired', () => {
    const [former, newer] = [{ bytes: randomBytes(32) }, { kid: 'newer', bytes: randomBytes(32) }];
    const token = createRefreshTokenIssuer([former]).issue(sessionId, 7);
    const rotated = createRefreshTokenIssuer([newer, former]);
    assert.deepEqual(rotated.open(token), { sessionId, n: 7 });
    assert.equal(rotated.kid, 'newer');
    const retired = createRefreshTokenIssuer([newer]);
    assert.deepEqual(retired.open(rotated.issue(sessionId, 8)), { sessionId, n: 8 });
    assert.equal(retired.open(token), undefined);
  });

  test('has one spelling', () => {
    const token = tokens.issue(sessionId, 7);
    assert.equal(tokens.open(token.replace('.7.', '.07.')), undefined);
    assert.equal(tokens.open(`${token}=`), undefined);
    assert.equal(tokens.open(`${token}\n`), undefined);
    assert.equal(tokens.open(token.toUpperCase()), undefined);
  });
});

describe('a sign-up cookie', () => {
  const [former, newer] = [{ bytes: randomBytes(32) }, { kid: 'newer', bytes: randomBytes(32) }];
  const [userId, expiresAt, now] = [v7(), new Date(2000), new Date(1000)];

  test('names its account as long as its key is known', () => {
    const token = createSignUpTokenIssuer([former]).issue(userId, expiresAt);
    const rotated = createSignUpTokenIssuer([newer, former]);
    assert.equal(rotated.open(token, now), userId);
    assert.equal(rotated.open(token, expiresAt), undefined);
    const retired = createSignUpTokenIssuer([newer]);
    assert.equal(retired.open(token, now), undefined);
    assert.equal(retired.open(rotated.issue(userId, expiresAt), now), userId);
  });
});

describe('the digest of a body', () => {
  test('remains the same while a newer key is added, so that a repeat is recognised', () => {
    const [former, newer] = [{ bytes: randomBytes(32) }, { kid: 'newer', bytes: randomBytes(32) }];
    const digest = createBodyDigest([former])('body');
    assert.equal(createBodyDigest([newer, former])('body'), digest);
    assert.notEqual(createBodyDigest([newer])('body'), digest);
  });
});

describe('an access token', () => {
  const now = new Date('2026-03-01T12:00:00.900Z');
  const issuer = 'https://id.example.com';
  const audience = 'latchkey';
  const keys = parseSigningKeys(generateSecrets().SIGNING_KEYS);
  const tokens = createAccessTokenIssuer({
    keys,
    eventKeys: [],
    issuer,
    audience,
    minutes: 15,
    now: () => now,
    newId: () => randomUUID(),
  });
  const subject = { userId: v7(), sessionId: v7(), verified: true, role: 'user', sequence: 3 };
  const claims = {
    iss: issuer,
    aud: audience,
    sub: subject.userId,
    sid: subject.sessionId,
    client_id: 'latchkey',
    iat: 1772366400,
    exp: 1772366400 + 900,
    email_verified: true,
    role: 'user',
    seq: 3,
  };

  test('is accepted by the verifier of every service', async () => {
    const { accessToken, expiresIn } = tokens.issue(subject);
    const verify = createTokenVerifier({
      keys: createFixedKeySource(tokens.jwks()),
      issuer,
      audience,
      now: () => now,
    });
    const verified = await verify(accessToken);
    assert.deepEqual(verified, { ...claims, jti: verified?.jti });
    assert.equal(expiresIn, 900);
  });

  test('is accepted by another library (RFC 9068)', async () => {
    const { accessToken } = tokens.issue(subject);
    const jwks = createLocalJWKSet({ keys: [...keys.published] });
    const { payload, protectedHeader } = await jwtVerify(accessToken, jwks, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: now,
    });
    assert.deepEqual(payload, { ...claims, jti: payload.jti });
    assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'at+jwt', kid: keys.signing.kid });
  });

  test('has the configured type, and the verifier of every service accepts each type', async () => {
    const options = { keys, eventKeys: [], issuer, audience, minutes: 15, now: () => now, newId: v7 };
    const verify = createTokenVerifier({
      keys: createFixedKeySource(tokens.jwks()),
      issuer,
      audience,
      now: () => now,
    });
    for (const type of ['at+jwt', 'JWT'] as const) {
      const { accessToken } = createAccessTokenIssuer({ ...options, type }).issue(subject);
      assert.equal(decodeProtectedHeader(accessToken).typ, type);
      assert.equal((await verify(accessToken))?.sub, subject.userId);
    }
  });

  test('is unique', () => {
    assert.notEqual(tokens.issue(subject).accessToken, tokens.issue(subject).accessToken);
  });

  test('is signed with the first key and can be checked with all that are published', async () => {
    const [older, newer] = [generateSecrets(), generateSecrets()].map(
      (secrets) => JSON.parse(secrets.SIGNING_KEYS).keys[0],
    );
    const rotated = parseSigningKeys(JSON.stringify({ keys: [newer, older] }));
    const before = createAccessTokenIssuer({
      keys: parseSigningKeys(JSON.stringify({ keys: [older] })),
      eventKeys: [],
      issuer,
      audience,
      minutes: 15,
      now: () => now,
      newId: v7,
    });
    const after = createAccessTokenIssuer({
      keys: rotated,
      eventKeys: [],
      issuer,
      audience,
      minutes: 15,
      now: () => now,
      newId: v7,
    });
    const verify = createTokenVerifier({
      keys: createFixedKeySource(after.jwks()),
      issuer,
      audience,
      now: () => now,
    });
    assert.equal((await verify(before.issue(subject).accessToken))?.seq, 3);
    assert.equal((await verify(after.issue(subject).accessToken))?.seq, 3);
    assert.equal(rotated.signing.kid, newer.kid);
  });
  test('has the algorithm of its key, and stays valid after a rotation to another algorithm', async () => {
    const options = { eventKeys: [], issuer, audience, minutes: 15, now: () => now, newId: v7 };
    const [ec, rsa] = [generateKey('signing', 'ES256'), generateKey('signing', 'RS256')];
    const [before, after] = [
      [ec, rsa],
      [rsa, ec],
    ].map((set) =>
      createAccessTokenIssuer({ ...options, keys: parseSigningKeys(JSON.stringify({ keys: set })) }),
    );
    assert.ok(before && after);
    assert.deepEqual(
      [before.algorithms, after.algorithms],
      [
        ['ES256', 'RS256'],
        ['RS256', 'ES256'],
      ],
    );
    const verify = createTokenVerifier({
      keys: createFixedKeySource(after.jwks()),
      issuer,
      audience,
      now: () => now,
    });
    for (const [alg, { accessToken }] of [
      ['ES256', before.issue(subject)],
      ['RS256', after.issue(subject)],
    ] as const) {
      assert.equal(decodeProtectedHeader(accessToken).alg, alg);
      assert.equal((await verify(accessToken))?.seq, 3);
    }
  });
});
