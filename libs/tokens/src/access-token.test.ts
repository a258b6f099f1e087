import assert from 'node:assert/strict';
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { type ClaimMismatch, createTokenVerifier } from './access-token.ts';
import { createFixedKeySource } from './key-source.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const PSS = constants.RSA_PKCS1_PSS_PADDING;
const nowSeconds = NOW.getTime() / 1000;

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const foreignPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });

const keys = createFixedKeySource({
  keys: [
    { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' },
    { ...rsaPair.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig', alg: 'RS256' },
    // A key that is meant for another algorithm.
    { ...rsaPair.publicKey.export({ format: 'jwk' }), kid: 'pss', use: 'sig', alg: 'PS256' },
  ],
});
const verify = createTokenVerifier({
  keys,
  issuer: 'https://id.example.com',
  audience: 'latchkey',
  now: () => NOW,
});

const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
const goodClaims = {
  iss: 'https://id.example.com',
  aud: 'latchkey',
  sub: '01890a5d-ac96-774b-bcce-b302099a8057',
  sid: 's1',
  client_id: 'latchkey',
  iat: nowSeconds - 10,
  exp: nowSeconds + 890,
  jti: 'j1',
  email_verified: true,
  role: 'user',
  seq: 3,
};

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Signs any header and claims. jsonwebtoken would refuse to sign most invalid headers and claims. */
function mint(header: object, claims: unknown, key: KeyObject = pair.privateKey): string {
  const signed = `${part(header)}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const rsaHeader = { alg: 'RS256', typ: 'at+jwt', kid: 'rsa' };

/** Signs the good claims with the RSA key, as `digest` and `padding` say. */
function mintWithRsa(header: object, digest = 'sha256', padding = constants.RSA_PKCS1_PADDING): string {
  const signed = `${part(header)}.${part(goodClaims)}`;
  const signature = sign(digest, Buffer.from(signed), { key: rsaPair.privateKey, padding });
  return `${signed}.${signature.toString('base64url')}`;
}

const good = mint(goodHeader, goodClaims);
function claiming(claims: object): string {
  return mint(goodHeader, { ...goodClaims, ...claims });
}
function without(claim: keyof typeof goodClaims): string {
  return claiming({ [claim]: undefined });
}

function signedWithHmac(secret: string | Buffer, header = goodHeader): string {
  const signed = `${part({ ...header, alg: 'HS256' })}.${part(goodClaims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('an access token', () => {
  test('of ours gives its claims', async () => {
    assert.deepEqual(await verify(good), goodClaims);
  });

  test('made with jsonwebtoken, as a service would, is accepted', async () => {
    const token = jwt.sign(goodClaims, pair.privateKey, { algorithm: 'ES256', header: goodHeader });
    assert.deepEqual(await verify(token), goodClaims);
  });

  test('signed with RS256 is accepted if its key is an RSA key for RS256', async () => {
    assert.deepEqual(await verify(mintWithRsa(rsaHeader)), goodClaims);
    const token = jwt.sign(goodClaims, rsaPair.privateKey, { algorithm: 'RS256', header: rsaHeader });
    assert.deepEqual(await verify(token), goodClaims);
  });

  test('may have claims that are not known here, which are dropped', async () => {
    assert.deepEqual(await verify(claiming({ tenant: 'everything' })), goodClaims);
  });

  test('may have claims of one character', async () => {
    const shortest = { sid: 's', client_id: 'c', jti: 'j', role: 'r' };
    assert.deepEqual(await verify(claiming(shortest)), { ...goodClaims, ...shortest });
  });

  for (const typ of ['JWT', 'jwt', 'application/jwt', 'application/at+jwt', 'AT+JWT'])
    test(`of typ ${typ} is accepted`, async () => {
      assert.deepEqual(await verify(mint({ ...goodHeader, typ }, goodClaims)), goodClaims);
    });

  test('cannot be judged while the keys cannot be fetched, which is no refusal', async () => {
    const away = new Error('away');
    const keyless = createTokenVerifier({
      keys: () => Promise.reject(away),
      issuer: goodClaims.iss,
      audience: goodClaims.aud,
      now: () => NOW,
    });
    await assert.rejects(keyless(good), away);
  });

  test('lives through 60 s of clock skew after its end, and no longer', async () => {
    assert.notEqual(await verify(claiming({ exp: nowSeconds - 59 })), undefined);
    assert.equal(await verify(claiming({ exp: nowSeconds - 60 })), undefined);
  });

  test('with a nbf beyond the clock skew is not accepted yet', async () => {
    assert.notEqual(await verify(claiming({ nbf: nowSeconds + 60 })), undefined);
    assert.equal(await verify(claiming({ nbf: nowSeconds + 61 })), undefined);
  });

  const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' });
  const publicDer = pair.publicKey.export({ type: 'spki', format: 'der' });
  const rsaPem = rsaPair.publicKey.export({ type: 'spki', format: 'pem' });
  const rsaDer = rsaPair.publicKey.export({ type: 'pkcs1', format: 'der' });
  const rsaModulus = Buffer.from(String(rsaPair.publicKey.export({ format: 'jwk' }).n), 'base64url');
  const [header = '', payload = '', signature = ''] = good.split('.');
  const wrong: Readonly<Record<string, string>> = {
    'without a signature (alg none)': `${part({ ...goodHeader, alg: 'none' })}.${payload}.`,
    'with alg none and the signature of another': `${part({ ...goodHeader, alg: 'none' })}.${payload}.${signature}`,
    'that says ES256 and has no signature': `${header}.${payload}.`,
    'signed by HS256 with the public key as PEM': signedWithHmac(publicPem),
    'signed by HS256 with the public key as DER': signedWithHmac(publicDer),
    'of another alg of the family': mint({ ...goodHeader, alg: 'ES384' }, goodClaims),
    'signed by HS256 with the public RSA key as PEM': signedWithHmac(rsaPem, rsaHeader),
    'signed by HS256 with the public RSA key as DER': signedWithHmac(rsaDer, rsaHeader),
    'signed by HS256 with the modulus of the RSA key': signedWithHmac(rsaModulus, rsaHeader),
    'without a signature, of the kid of the RSA key': `${part({ ...rsaHeader, alg: 'none' })}.${payload}.`,
    'signed by RS256 under the kid of the EC key': mintWithRsa({ ...rsaHeader, kid: 'k1' }),
    'that says RS256 and is signed by the EC key': mint({ ...goodHeader, alg: 'RS256' }, goodClaims),
    'signed by ES256 under the kid of the RSA key': mint({ ...goodHeader, kid: 'rsa' }, goodClaims),
    'that says ES256 and is signed by the RSA key': mintWithRsa({ ...rsaHeader, alg: 'ES256' }),
    'signed by RS384': mintWithRsa({ ...rsaHeader, alg: 'RS384' }, 'sha384'),
    'signed by RS512': mintWithRsa({ ...rsaHeader, alg: 'RS512' }, 'sha512'),
    'signed by PS256': mintWithRsa({ ...rsaHeader, alg: 'PS256' }, 'sha256', PSS),
    'signed by PS256 with a key for PS256': mintWithRsa(
      { ...rsaHeader, alg: 'PS256', kid: 'pss' },
      'sha256',
      PSS,
    ),
    'signed by RS256 with a key for PS256': mintWithRsa({ ...rsaHeader, kid: 'pss' }),
    'signed by another key under our kid': mint(goodHeader, goodClaims, foreignPair.privateKey),
    'of an unknown kid': mint({ ...goodHeader, kid: 'k2' }, goodClaims),
    'without a kid': mint({ alg: 'ES256', typ: 'at+jwt' }, goodClaims),
    'whose kid is not a text': mint({ ...goodHeader, kid: ['k1'] }, goodClaims),
    'that brings its own key': mint(
      { ...goodHeader, kid: 'k3', jwk: foreignPair.publicKey.export({ format: 'jwk' }) },
      goodClaims,
      foreignPair.privateKey,
    ),
    'of typ logout+jwt': mint({ ...goodHeader, typ: 'logout+jwt' }, goodClaims),
    'of typ dpop+jwt': mint({ ...goodHeader, typ: 'dpop+jwt' }, goodClaims),
    'of typ text/jwt': mint({ ...goodHeader, typ: 'text/jwt' }, goodClaims),
    'of an empty typ': mint({ ...goodHeader, typ: '' }, goodClaims),
    'whose typ is not a text': mint({ ...goodHeader, typ: ['JWT'] }, goodClaims),
    'without a typ': mint({ alg: 'ES256', kid: 'k1' }, goodClaims),
    'with critical extensions': mint({ ...goodHeader, crit: ['x'], x: 1 }, goodClaims),
    'of another issuer': claiming({ iss: 'https://evil.example.com' }),
    'of an issuer that begins like ours': claiming({ iss: 'https://id.example.com.evil.example' }),
    'for another audience': claiming({ aud: 'someone-else' }),
    'for several audiences': claiming({ aud: ['latchkey', 'someone-else'] }),
    'long past its time': claiming({ exp: nowSeconds - 86_400 }),
    'whose exp is not a number': claiming({ exp: 'tomorrow' }),
    'with a negative seq': claiming({ seq: -1 }),
    'with a broken seq': claiming({ seq: 1.5 }),
    'with a seq as text': claiming({ seq: '3' }),
    'whose sub is not an account id': claiming({ sub: 'ada' }),
    'whose sub is an operator object': claiming({ sub: { $ne: null } }),
    'with email_verified as text': claiming({ email_verified: 'true' }),
    'with an empty role': claiming({ role: '' }),
    'whose payload is a text': mint(goodHeader, 'hello'),
    'whose payload is null': mint(goodHeader, null),
    'whose payload is a list': mint(goodHeader, [goodClaims]),
    'with changed claims': `${header}.${part({ ...goodClaims, role: 'admin' })}.${signature}`,
    'with a longer signature': `${good}AAAA`,
    'with a cut signature': good.slice(0, -4),
    'with a fourth part': `${good}.x`,
    'with a line break behind it': `${good}\n`,
    'with a space and more behind it': `${good} x`,
    'with padding behind it': `${good}==`,
    'of one part': header,
    'of nothing': '',
    'of dots': '..',
    'whose header is not JSON': `${Buffer.from('nope').toString('base64url')}.${payload}.${signature}`,
    'of a megabyte': 'a'.repeat(1_000_000),
  };
  for (const [how, token] of Object.entries(wrong)) {
    test(`${how} is not accepted`, async () => {
      assert.equal(await verify(token), undefined);
    });
  }

  /** Verifies a token, and returns the mismatches that the verifier reports. */
  async function findMismatches(token: string): Promise<readonly ClaimMismatch[]> {
    const mismatches: ClaimMismatch[] = [];
    const { iss: issuer, aud: audience } = goodClaims;
    const reporting = createTokenVerifier({
      keys,
      issuer,
      audience,
      now: () => NOW,
      onMismatch: (mismatch) => mismatches.push(mismatch),
    });
    await reporting(token);
    return mismatches;
  }

  test('of another issuer or for another audience is reported with what it says', async () => {
    const iss = 'https://evil.example.com';
    assert.deepEqual(await findMismatches(claiming({ iss })), [{ claim: 'iss', actual: iss }]);
    assert.deepEqual(await findMismatches(claiming({ aud: 'a' })), [{ claim: 'aud', actual: 'a' }]);
  });

  test('that is accepted, or refused for another reason, is not reported', async () => {
    const forged = mint(
      goodHeader,
      { ...goodClaims, iss: 'https://evil.example.com' },
      foreignPair.privateKey,
    );
    const others = [
      good,
      forged,
      without('iss'),
      without('aud'),
      claiming({ exp: 1 }),
      claiming({ nbf: nowSeconds + 900 }),
      mint({ ...goodHeader, typ: 'dpop+jwt' }, { ...goodClaims, aud: 'a' }),
    ];
    for (const token of others) assert.deepEqual(await findMismatches(token), [], token);
  });

  for (const claim of Object.keys(goodClaims) as (keyof typeof goodClaims)[]) {
    test(`without ${claim} is not accepted`, async () => {
      assert.equal(await verify(without(claim)), undefined);
    });
  }
});
