/** HMAC-SHA-256 (RFC 2104) of short texts. Pure. */
import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * Returns HMAC-SHA-256 in base64url. `createHmac` looks its algorithm up on each call, which takes several times as long
 * as the two hashes.
 * @throws RangeError if the key is longer than a block
 */
export function hmacSha256(key: Buffer, text: string): string {
  if (key.length > BLOCK_BYTES) throw new RangeError(`The key has more than ${BLOCK_BYTES} bytes.`);
  const inner = padded(key, INNER, Buffer.byteLength(text));
  inner.write(text, BLOCK_BYTES);
  const outer = padded(key, OUTER, HASH_BYTES);
  hash('sha256', inner, 'buffer').copy(outer, BLOCK_BYTES);
  return hash('sha256', outer, 'base64url');
}

/** Returns a buffer that begins with the key, combined with the pad, and has space for more bytes. */
function padded(key: Buffer, pad: number, more: number): Buffer {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES + more).fill(pad, 0, BLOCK_BYTES);
  for (const [index, byte] of key.entries()) buffer[index] = byte ^ pad;
  return buffer;
}
