/**
 * Compares the CPU cost of our hashing and signing with the cost of other libraries and calls that could do the same.
 */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { signEventRecord } from '@latchkey/consumer/testing/signed';
import { coveredBy, digestPerson, eventSigner, isSignedBy, verifySignature } from '@latchkey/events';
import canonicalize from 'canonicalize';
import jwt from 'jsonwebtoken';
import { canonicalJson } from '../libs/events/src/canonical-json.ts';
import { createJwtSigner } from '../services/auth/src/tokens/jwt-signer.ts';
import { createTestHistory } from '../services/user/src/testing/history.ts';
import type { Benchmark, BenchmarkFigure } from './support/benchmark.ts';
import { repeatConcurrently } from './support/load.ts';
import { measureAlternately } from './support/statistics.ts';

const ROUNDS = 5;
const HASHES = 50_000;
const SIGNATURES = 3000;
/** How many signatures a consumer verifies concurrently while it catches up with the log. */
const CHECKS_AT_ONCE = 16;

export const primitivesBenchmark: Benchmark = {
  name: 'primitives',
  title: 'Hashing and signing',
  method: `CPU in one process, against what could be used instead (the limit). Alternating: ${HASHES.toLocaleString('en')} hashes or ${SIGNATURES.toLocaleString('en')} signatures of each, ${ROUNDS} times, medians.`,
  async run() {
    return [...(await hashing()), ...(await signing()), await checking()];
  },
};

async function hashing(): Promise<readonly BenchmarkFigure[]> {
  const registered = createTestHistory('ada').registered();
  const covered = coveredBy(registered);
  const person = { email: 'ada@example.com', username: 'ada', firstName: 'Ada' };
  const salt = randomBytes(16);
  const key = salt.toString('base64url');
  const { headers } = signEventRecord(registered);
  const event = { ...covered, previous: headers['ce_hash'] ?? '' };
  return [
    await figure('canonical JSON of an event (limit: canonicalize)', HASHES, {
      limit: () => canonicalize(event),
      measured: () => canonicalJson(event),
    }),
    await figure('digest of a person (limit: createHmac)', HASHES, {
      limit: () => createHmac('sha256', salt).update(canonicalJson(person)).digest('base64url'),
      measured: () => digestPerson(person, key),
    }),
  ];
}

async function signing(): Promise<readonly BenchmarkFigure[]> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const claims = { sub: '84196907-1b4e-744a-8ef8-a125afef4f0e', role: 'user', iat: 1, exp: 901 };
  const header = { alg: 'ES256', typ: 'JWT', kid: 'bench' } as const;
  const ours = createJwtSigner(header, privateKey);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const withRsa = createJwtSigner({ ...header, alg: 'RS256' }, rsa.privateKey);
  const input = Buffer.from(ours(claims).split('.').slice(0, 2).join('.'));
  return [
    await figure('access token (limit: jsonwebtoken)', SIGNATURES, {
      limit: () => jwt.sign(claims, privateKey, { algorithm: 'ES256', header }),
      measured: () => ours(claims),
    }),
    await figure("access token (limit: signature with dsaEncoding: 'ieee-p1363')", SIGNATURES, {
      limit: () => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      measured: () => ours(claims),
    }),
    await figure('access token signed with RS256 (limit: ES256)', SIGNATURES, {
      limit: () => ours(claims),
      measured: () => withRsa(claims),
    }),
    await figure('access token checked with RS256 (limit: ES256)', SIGNATURES, {
      limit: createCheck(ours(claims), publicKey),
      measured: createCheck(withRsa(claims), rsa.publicKey),
    }),
  ];
}

/** Returns a function that verifies the signature of a token with node:crypto. */
function createCheck(token: string, key: KeyObject): () => boolean {
  const [header, claims, signature = ''] = token.split('.');
  const [input, bytes] = [Buffer.from(`${header}.${claims}`), Buffer.from(signature, 'base64url')];
  return () => verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, bytes);
}

async function checking(): Promise<BenchmarkFigure> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { headers } = signEventRecord(createTestHistory('ada').registered());
  const hash = headers['ce_hash'] ?? '';
  const signature = eventSigner({ kid: 'bench', key: privateKey }).sign(hash);
  const turns = await measureAlternately(ROUNDS, {
    limit: async () => cpuUs(SIGNATURES, () => isSignedBy(publicKey, hash, signature)),
    async measured() {
      const before = process.cpuUsage();
      await repeatConcurrently(SIGNATURES, CHECKS_AT_ONCE, () => verifySignature(publicKey, hash, signature));
      return usSince(before) / SIGNATURES;
    },
  });
  return { what: 'signature of an event checked (limit: on the main thread)', unit: 'µs', ...turns };
}

interface Compared {
  limit(): unknown;
  measured(): unknown;
}

async function figure(what: string, many: number, { limit, measured }: Compared): Promise<BenchmarkFigure> {
  const turns = await measureAlternately(ROUNDS, {
    limit: async () => cpuUs(many, limit),
    measured: async () => cpuUs(many, measured),
  });
  return { what, unit: 'µs', ...turns };
}

/** Returns the mean CPU time per call, in µs. */
function cpuUs(many: number, work: () => unknown): number {
  const before = process.cpuUsage();
  for (let i = 0; i < many; i += 1) work();
  return usSince(before) / many;
}

function usSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
