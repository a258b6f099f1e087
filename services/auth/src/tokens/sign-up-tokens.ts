import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SecretKey, SecretKeys } from '@latchkey/process';
import type { SignUpTokenIssuer } from '../ports/tokens.ts';

const form = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.(\d{1,15})\.([\w-]{43})$/;
const BYTES = 32;

/**
 * Creates the issuer of sign-up tokens.
 * @param keys the keys in REFRESH_KEY. From each key, a key for sign-up tokens only is derived (RFC 5869).
 * New tokens are signed with the first derived key; tokens signed with any of them are accepted
 */
export function createSignUpTokenIssuer([key, ...others]: SecretKeys): SignUpTokenIssuer {
  const current = derivedFrom(key);
  const secrets = [current, ...others.map(derivedFrom)];

  return {
    issue: (userId, expiresAt) =>
      `${userId}.${expiresAt.getTime()}.${macOf(current, userId, expiresAt.getTime())}`,
    open: (token, now) => {
      const [, userId, digits, mac] = form.exec(token) ?? [];
      if (userId === undefined || mac === undefined) return undefined;
      const expiresAt = Number(digits);
      const genuine = secrets.some((secret) =>
        timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(secret, userId, expiresAt))),
      );
      return genuine && now.getTime() < expiresAt ? userId : undefined;
    },
  };
}

function derivedFrom({ bytes }: SecretKey): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', 'latchkey sign-up cookie', BYTES)));
}

function macOf(secret: KeyObject, userId: string, expiresAt: number): string {
  return createHmac('sha256', secret).update(`${userId}.${expiresAt}`).digest('base64url');
}
