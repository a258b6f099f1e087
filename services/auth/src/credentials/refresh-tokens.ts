import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { RefreshTokens } from '../ports/tokens.ts';

const form = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.(0|[1-9]\d{0,14})\.([\w-]{43})$/;

/** @param key REFRESH_KEY: with another one nobody stays logged in. */
export function createRefreshTokens(key: Buffer): RefreshTokens {
  // Made once: from bytes it would be made anew for each token, at several times the cost of the MAC itself.
  const secret = createSecretKey(key);
  function macOf(sessionId: string, n: number): string {
    return createHmac('sha256', secret).update(`${sessionId}.${n}`).digest('base64url');
  }

  return {
    issue: (sessionId, n) => `${sessionId}.${n}.${macOf(sessionId, n)}`,
    open: (token) => {
      const [, sessionId, digits, mac] = form.exec(token) ?? [];
      if (sessionId === undefined || mac === undefined) return undefined;
      const n = Number(digits);
      // The text is compared, not its bytes: base64url can spell the same 32 bytes in several ways.
      const genuine = timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(sessionId, n)));
      return genuine ? { sessionId, n } : undefined;
    },
  };
}
