/** Stores the keys of limits as keyed hashes, so that the stored counts name no e-mail or IP address. */
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { SecretKeys } from '@latchkey/process';
import type { Limits } from '../ports/limits.ts';

const BYTES = 32;

/**
 * Returns limits that count under a keyed hash of each key. An erasure can therefore leave the counts of an address
 * until they expire. If it deleted them, anybody could reset the limits of an address by having another account with
 * this address erased.
 * @param keys REFRESH_KEY. A key for this purpose alone is derived (RFC 5869) from the oldest one, so that counts
 * continue after a newer key was added
 */
export function withHashedKeys(limits: Limits, keys: SecretKeys): Limits {
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
