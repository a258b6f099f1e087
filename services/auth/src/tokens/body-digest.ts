import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { BodyDigest } from '../ports/tokens.ts';

const BYTES = 32;

/** @param key REFRESH_KEY, of which a key for this purpose alone is derived (RFC 5869) */
export function createBodyDigest(key: Buffer): BodyDigest {
  const derived = hkdfSync('sha256', key, '', 'latchkey idempotency body', BYTES);
  const secret = createSecretKey(Buffer.from(derived));
  return (body) => createHmac('sha256', secret).update(body).digest('base64url');
}
