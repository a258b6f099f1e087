import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { SignUpTokens } from '../ports/tokens.ts';

const form = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.(\d{1,15})\.([\w-]{43})$/;
const BYTES = 32;

/** @param key REFRESH_KEY, of which a key for this purpose alone is derived (RFC 5869) */
export function createSignUpTokens(key: Buffer): SignUpTokens {
  const derived = hkdfSync('sha256', key, '', 'latchkey sign-up cookie', BYTES);
  const secret = createSecretKey(Buffer.from(derived));
  function macOf(userId: string, expiresAt: number): string {
    return createHmac('sha256', secret).update(`${userId}.${expiresAt}`).digest('base64url');
  }

  return {
    issue: (userId, expiresAt) => `${userId}.${expiresAt.getTime()}.${macOf(userId, expiresAt.getTime())}`,
    open: (token, now) => {
      const [, userId, digits, mac] = form.exec(token) ?? [];
      if (userId === undefined || mac === undefined) return undefined;
      const expiresAt = Number(digits);
      const genuine = timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(userId, expiresAt)));
      return genuine && now.getTime() < expiresAt ? userId : undefined;
    },
  };
}
