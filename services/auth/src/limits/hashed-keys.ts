/**
 * Stores the keys of rate limits as keyed hashes, so that the counters contain neither email nor IP
 * addresses.
 */
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { SecretKeys } from '@latchkey/process';
import type { RateLimits } from '../ports/limits.ts';

const BYTES = 32;

/**
 * Wraps rate limits so that the store contains a keyed hash of each key instead of the key itself. The store
 * therefore contains no email addresses, so an erasure need not delete any counters. It must not do so
 * either: anybody could otherwise reset the counters of an address by signing up with the address and erasing
 * that account. The counters are deleted when they expire.
 * @param keys REFRESH_KEY. The key for hashing is derived (RFC 5869) from the oldest of these keys, so that
 * counters remain valid when a newer key is added
 */
export function withHashedRateLimitKeys(limits: RateLimits, keys: SecretKeys): RateLimits {
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
