import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { SecretKeys } from '@latchkey/process';
import type { ComputeBodyDigest } from '../ports/tokens.ts';

const BYTES = 32;

/**
 * Creates the function that computes keyed digests of request bodies.
 * @param keys the keys in REFRESH_KEY. The key for digests is derived from the oldest one (RFC 5869), so that
 * the digest of a repeated request stays the same when a newer key is added
 */
export function createBodyDigest(keys: SecretKeys): ComputeBodyDigest {
  const { bytes } = keys.at(-1) ?? keys[0];
  const derived = hkdfSync('sha256', bytes, '', 'latchkey idempotency body', BYTES);
  const secret = createSecretKey(Buffer.from(derived));
  return (body) => createHmac('sha256', secret).update(body).digest('base64url');
}
