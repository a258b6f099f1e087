/** Where public keys come from: a JWKS (RFC 7517) in hand, or one behind a URL. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { unavailable } from '@latchkey/http';
import { z } from 'zod';

/** Public keys by `kid`. */
export interface KeySource {
  /** @throws Problem (unavailable) if the keys cannot be fetched and none are known. */
  find(kid: string): Promise<KeyObject | undefined>;
}

type Keys = ReadonlyMap<string, KeyObject>;

const UNKNOWN_KID_PAUSE_MS = 10_000;
/** So that a key that was withdrawn is forgotten, too. */
const MAX_AGE_MS = 10 * 60_000;

const jwksSchema = z.object({ keys: z.array(z.looseObject({})) });

// Members of other kinds are left out, as RFC 7517, 5 asks for.
const signingKeySchema = z.looseObject({
  kid: z.string().min(1),
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  use: z.literal('sig').optional(),
  alg: z.literal('ES256').optional(),
});

/**
 * Keys of a JWKS in hand. Members that are not ES256 keys with a `kid` are left out.
 * @throws Error if such a member is not a point on the curve.
 */
export function fixedKeys(jwks: { readonly keys: readonly object[] }): KeySource {
  const keys = readKeys(jwks);
  return { find: async (kid) => keys.get(kid) };
}

/**
 * Keys from a JWKS URL, cached. An unknown `kid` fetches again, at most once in 10 s; keys older than
 * 10 minutes are fetched anew in the background; a failed fetch keeps the old ones; callers share one fetch.
 * `clock` counts milliseconds and never goes back.
 */
export function remoteKeys(
  url: string,
  options: { readonly timeoutMs?: number; readonly clock?: () => number } = {},
): KeySource {
  const { timeoutMs = 3000, clock = () => performance.now() } = options;
  let known: Keys | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<Keys> | undefined;

  function refresh(): Promise<Keys> {
    triedAt = clock();
    running ??= fetchKeys(url, timeoutMs)
      .then((keys) => {
        known = keys;
        return keys;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function refreshOrKeep(old: Keys): Promise<Keys> {
    return refresh().catch(() => old);
  }

  function firstFetch(): Promise<Keys> {
    return refresh().catch((error: unknown) => {
      throw unavailable('Access tokens cannot be checked at the moment.', 1, error);
    });
  }

  async function find(kid: string): Promise<KeyObject | undefined> {
    if (known === undefined) return (await firstFetch()).get(kid);
    const key = known.get(kid);
    const age = clock() - triedAt;
    if (key !== undefined) {
      if (age >= MAX_AGE_MS) void refreshOrKeep(known);
      return key;
    }
    if (running !== undefined || age >= UNKNOWN_KID_PAUSE_MS) return (await refreshOrKeep(known)).get(kid);
    return undefined;
  }

  return { find };
}

async function fetchKeys(url: string, timeoutMs: number): Promise<Keys> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`the JWKS was answered with status ${response.status}`);
  return readKeys(jwksSchema.parse(await response.json()));
}

function readKeys(jwks: { readonly keys: readonly object[] }): Keys {
  return new Map(
    jwks.keys.flatMap((member) => {
      const key = signingKeySchema.safeParse(member);
      return key.success ? [[key.data.kid, publicKey(key.data)] as const] : [];
    }),
  );
}

function publicKey({ kty, crv, x, y }: z.infer<typeof signingKeySchema>): KeyObject {
  return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
}
