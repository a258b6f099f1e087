/** Computes HMAC-SHA-256 (RFC 2104) of short strings. Pure. */
import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * Returns the HMAC-SHA-256 of a text, in base64url. Does not use Node's `createHmac`, which looks up the
 * algorithm on each call and thereby takes several times as long as computing the two hashes.
 * @throws RangeError if the key is longer than a block of SHA-256
 */
export function hmacSha256(key: Buffer, text: string): string {
  if (key.length > BLOCK_BYTES) throw new RangeError(`The key has more than ${BLOCK_BYTES} bytes.`);
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + Buffer.byteLength(text)).fill(INNER, 0, BLOCK_BYTES);
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + HASH_BYTES).fill(OUTER, 0, BLOCK_BYTES);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ INNER;
    outer[at] = byte ^ OUTER;
  }
  inner.write(text, BLOCK_BYTES);
  // Request the hash as a binary string. It contains the same bytes as a buffer, but takes half the time.
  outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'latin1');
  return hash('sha256', outer, 'base64url');
}
