import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { RefreshTokens } from '../ports/tokens.ts';

const form = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.(0|[1-9]\d{0,14})\.([\w-]{43})$/;

/** Creates refresh tokens. @param key REFRESH_KEY; with another key every session ends */
export function createRefreshTokens(key: Buffer): RefreshTokens {
  // Created once: creating a key object from bytes costs several times as much as the MAC.
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
      // Compares texts, because base64url has several spellings of the same 32 bytes.
      const genuine = timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(sessionId, n)));
      return genuine ? { sessionId, n } : undefined;
    },
  };
}
