import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SecretKeys } from '@latchkey/process';
import type { RefreshTokenIssuer } from '../ports/tokens.ts';

const form = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.(0|[1-9]\d{0,14})\.([\w-]{43})$/;

/**
 * Creates the issuer of refresh tokens.
 * @param keys the keys in REFRESH_KEY: new tokens are signed with the first key; tokens signed with any key
 * are accepted
 */
export function createRefreshTokenIssuer(keys: SecretKeys): RefreshTokenIssuer {
  // Create the key objects only once, because creating one takes several times as long as computing a MAC.
  const [first, ...others] = keys;
  const current = createSecretKey(first.bytes);
  const secrets = [current, ...others.map(({ bytes }) => createSecretKey(bytes))];
  const { kid } = first;

  return {
    ...(kid !== undefined && { kid }),
    issue: (sessionId, n) => `${sessionId}.${n}.${macOf(current, sessionId, n)}`,
    open: (token) => {
      const [, sessionId, digits, mac] = form.exec(token) ?? [];
      if (sessionId === undefined || mac === undefined) return undefined;
      const n = Number(digits);
      return secrets.some((secret) => isGenuine(mac, macOf(secret, sessionId, n)))
        ? { sessionId, n }
        : undefined;
    },
  };
}

/**
 * Compares two MACs as text and not as bytes: several base64url texts can decode to the same bytes, but only
 * the text that auth has issued may be accepted.
 */
function isGenuine(mac: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(mac), Buffer.from(expected));
}

function macOf(secret: KeyObject, sessionId: string, n: number): string {
  return createHmac('sha256', secret).update(`${sessionId}.${n}`).digest('base64url');
}
