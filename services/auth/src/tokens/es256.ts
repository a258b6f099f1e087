import { type KeyObject, sign } from 'node:crypto';

/** The length of r, and of s, in a signature on P-256, in bytes. */
const INTEGER_BYTES = 32;

/**
 * Returns a function that signs claims as a JWT in compact form (RFC 7515, 3.1), with ES256.
 * @param header the protected header, which is encoded once
 * @param key a private key on P-256
 */
export function createEs256Signer(header: object, key: KeyObject): (claims: object) => string {
  const encodedHeader = base64url(header);
  return (claims) => {
    const input = `${encodedHeader}.${base64url(claims)}`;
    return `${input}.${derToJoseSignature(sign('sha256', Buffer.from(input), key)).toString('base64url')}`;
  };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Converts a signature from DER (RFC 3279, 2.2.3: a sequence of two integers) to the form of JWS (RFC 7518, 3.4: both
 * integers in 32 bytes each). Node can do the same (`dsaEncoding: 'ieee-p1363'`), but signing then takes twice as long.
 */
export function derToJoseSignature(der: Uint8Array): Buffer {
  const signature = Buffer.alloc(2 * INTEGER_BYTES);
  // Byte 0 is the tag of the sequence, byte 1 its length, which is below 128 on P-256; byte 2 is the tag of r.
  const rEnd = 4 + (der[3] ?? 0);
  const r = withoutSign(der.subarray(4, rEnd));
  const s = withoutSign(der.subarray(rEnd + 2));
  signature.set(r, INTEGER_BYTES - r.length);
  signature.set(s, 2 * INTEGER_BYTES - s.length);
  return signature;
}

/** Removes the zero byte that keeps an integer of 256 bits positive in DER. */
function withoutSign(integer: Uint8Array): Uint8Array {
  return integer.length > INTEGER_BYTES ? integer.subarray(integer.length - INTEGER_BYTES) : integer;
}
