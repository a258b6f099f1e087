import { type KeyObject, sign } from 'node:crypto';
import type { SigningAlgorithm } from '../keys/keys.ts';

/** The length of each of the integers r and s in a P-256 signature, in bytes. */
const INTEGER_BYTES = 32;

/** The protected header of a JWT. */
export interface JwtHeader {
  readonly alg: SigningAlgorithm;
  readonly typ: string;
  readonly kid: string;
}

/**
 * Creates a function that signs claims and returns the JWT in compact form (RFC 7515, 3.1).
 * @param header the protected header, which is encoded only once
 * @param key the private key for the algorithm in the header: a P-256 key for ES256, an RSA key for RS256
 */
export function createJwtSigner(header: JwtHeader, key: KeyObject): (claims: object) => string {
  const encodedHeader = base64url(header);
  // Without further options, node:crypto signs with the padding of RS256 (PKCS #1 v1.5) if the key is an RSA key.
  const toJose = header.alg === 'ES256' ? derToJoseSignature : (signature: Buffer) => signature;
  return (claims) => {
    const input = `${encodedHeader}.${base64url(claims)}`;
    return `${input}.${toJose(sign('sha256', Buffer.from(input), key)).toString('base64url')}`;
  };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Converts a signature from DER (RFC 3279, 2.2.3: a sequence of two integers) to JWS format (RFC 7518, 3.4:
 * both integers with 32 bytes each). Node can return this format itself (`dsaEncoding: 'ieee-p1363'`), but
 * signing then takes twice as long.
 */
export function derToJoseSignature(der: Uint8Array): Buffer {
  const signature = Buffer.alloc(2 * INTEGER_BYTES);
  // Byte 0 is the tag of the sequence, byte 1 its length (a single byte, because it is below 128), byte 2 the
  // tag of r, and byte 3 the length of r.
  const rEnd = 4 + (der[3] ?? 0);
  const r = withoutSign(der.subarray(4, rEnd));
  const s = withoutSign(der.subarray(rEnd + 2));
  signature.set(r, INTEGER_BYTES - r.length);
  signature.set(s, 2 * INTEGER_BYTES - s.length);
  return signature;
}

/** Removes the leading zero byte that marks an integer as positive in DER. */
function withoutSign(integer: Uint8Array): Uint8Array {
  return integer.length > INTEGER_BYTES ? integer.subarray(integer.length - INTEGER_BYTES) : integer;
}
