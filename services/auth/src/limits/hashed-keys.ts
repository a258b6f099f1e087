/**
 * Stores the keys of rate limits as keyed hashes, so that the counters contain neither email nor IP
 * addresses.
 */
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { SecretKeys } from '@latchkey/process';
import type { RateLimits } from '../ports/limits.ts';

const BYTES = 32;

/**
 * Wraps limits so that a counter is stored under a keyed hash of its key. Because the hash contains no
 * address, an erasure can leave the counters of an address until they expire. An erasure must not delete
 * these counters: otherwise, anybody could reset the limits of an address by having an account with this
 * address erased.
 * @param keys REFRESH_KEY. The hashing key is derived (RFC 5869) from the oldest of these keys, so that
 * counters stay valid after a newer key was added
 */
export function withHashedKeys(limits: RateLimits, keys: SecretKeys): RateLimits {
  const { bytes } = keys.at(-1) ?? keys[0];
  const secret = createSecretKey(
    Buffer.from(hkdfSync('sha256', bytes, '', 'latchkey keys of limits', BYTES)),
  );
  function hashed(key: string): string {
    return createHmac('sha256', secret).update(key).digest('base64url');
  }
  return {
    take: (limit, key, points) => limits.take(limit, hashed(key), points),
    peek: (limit, key) => limits.peek(limit, hashed(key)),
    giveBack: (limit, key, points) => limits.giveBack(limit, hashed(key), points),
    clear: (limit, key) => limits.clear(limit, hashed(key)),
    removeExpired: () => limits.removeExpired(),
  };
}
