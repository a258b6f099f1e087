/**
 * OAuth 2.0 access tokens for the mail server (RFC 6749), from a token endpoint or from a file that another program
 * renews.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { formatMaskedFirstLine } from '../delivery/reply.ts';
import { SmtpFailure } from './failure.smtp.ts';
import type { SmtpAccessTokenSource } from './login.smtp.ts';

/** The OAuth 2.0 client that requests the access tokens, and its token endpoint. */
export interface OAuthClientSettings {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /**
   * The refresh token. Without one, the access token is requested with the client's own credentials (RFC 6749 4.4).
   */
  readonly refreshToken?: string;
  readonly scope?: string;
}

const granted = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().optional(),
  refresh_token: z.string().optional(),
});
const refused = z.object({ error: z.string(), error_description: z.string().optional() });

const PATIENCE_MS = 30_000;
/**
 * The 4xx status codes after which a retry may succeed: Request Timeout (RFC 9110), Too Many Requests (RFC
 * 6585).
 */
const TEMPORARY: ReadonlySet<number> = new Set([408, 429]);
/**
 * How long an access token is used if the server does not state its lifetime, in seconds. RFC 6749 5.1 sets
 * no default.
 */
const DEFAULT_LIFE_S = 300;
/** How long before its expiry an access token is renewed, in seconds. */
const MARGIN_S = 60;

/**
 * Creates a source that requests access tokens from the token endpoint.
 * @param monotonic returns the time of a monotonic clock in ms
 */
export function createOAuthTokenSource(
  client: OAuthClientSettings,
  monotonic: () => number,
): SmtpAccessTokenSource {
  let refreshToken = client.refreshToken;
  let current: { readonly token: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const answer = await request(client, refreshToken);
    // The response may contain a new refresh token, for example from Microsoft.
    refreshToken = answer.refresh_token ?? refreshToken;
    const life = Math.max(0, (answer.expires_in ?? DEFAULT_LIFE_S) - MARGIN_S);
    current = { token: answer.access_token, until: monotonic() + life * 1000 };
    return answer.access_token;
  }

  return {
    async token(renew) {
      if (!renew && current !== undefined && monotonic() < current.until) return current.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

async function request(client: OAuthClientSettings, refreshToken: string | undefined) {
  const body = new URLSearchParams({
    client_id: client.clientId,
    client_secret: client.clientSecret,
    ...(refreshToken === undefined
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token: refreshToken }),
    ...(client.scope !== undefined && { scope: client.scope }),
  });
  const response = await fetch(client.tokenUrl, {
    method: 'POST',
    body,
    // Do not follow redirects, because the client secret must not be sent to the target of a redirect. A
    // redirect counts as a failure.
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: unknown) => {
    throw failure('the token endpoint cannot be reached', false, error);
  });
  const json: unknown = await response.json().catch(() => undefined);
  const token = granted.safeParse(json);
  if (response.ok && token.success) return token.data;
  const { data } = refused.safeParse(json);
  const why = data === undefined ? '' : ` ${data.error}: ${data.error_description ?? ''}`;
  // Most 4xx responses mean that retries are useless, because the server does not accept the client or its
  // refresh token (RFC 6749 5.2).
  const isLasting = response.status < 500 && !TEMPORARY.has(response.status);
  throw failure(`the token endpoint answered ${response.status}${why}`, isLasting);
}

/**
 * Checks a file that must contain an access token. Returns a description of what is wrong; undefined if the
 * file contains a token.
 */
export async function findTokenFileFault(path: string): Promise<string | undefined> {
  const read = await readTokenFile(path);
  return 'fault' in read ? read.fault : undefined;
}

async function readTokenFile(path: string) {
  try {
    const token = (await readFile(path, 'utf8')).trim();
    return token === '' ? { fault: 'the file of MAIL_OAUTH_TOKEN_FILE is empty' } : { token };
  } catch (cause) {
    return { fault: 'the file of MAIL_OAUTH_TOKEN_FILE cannot be read', cause };
  }
}

/**
 * Creates a source that reads the access token from a file for each login, because another program may renew
 * it at any time.
 */
export function createFileTokenSource(path: string): SmtpAccessTokenSource {
  return {
    async token() {
      const read = await readTokenFile(path);
      if ('token' in read) return read.token;
      throw failure(read.fault, true, read.cause);
    },
  };
}

function failure(words: string, isLasting: boolean, cause?: unknown): SmtpFailure {
  const failed = new SmtpFailure({
    failure: { stage: 'auth', words: formatMaskedFirstLine(words) },
    isLasting,
  });
  failed.cause = cause;
  return failed;
}
