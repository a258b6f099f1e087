/** Asks Latchkey whether tokens are active (RFC 7662). */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CurrentClaims, type RevocationCheck, RevocationsUnavailable } from './session-status.ts';

/** The options of {@link introspection}. */
export interface IntrospectionOptions {
  /** The URL of the introspection endpoint. */
  readonly url: string;
  /** The API key of this service as a client of Latchkey. */
  readonly key: string;
  /** How long a response about a token is reused, in ms. Default: 1000. */
  readonly cacheMs?: number;
  readonly fetch?: typeof fetch;
  /** Returns the monotonic time in ms. */
  readonly clock?: () => number;
}

const ANSWERS_WITHIN_MS = 3000;
const MOST_ANSWERS = 10_000;

interface Answer {
  readonly until: number;
  readonly status: Promise<CurrentClaims | 'revoked'>;
}

const introspected = z.object({
  active: z.boolean(),
  email_verified: z.boolean().optional(),
  role: z.string().min(1).optional(),
});

/**
 * Returns a check that asks Latchkey whether a token is active, and caches the response for `cacheMs`.
 * Simultaneous checks of a token share one request. The caller's role, and whether the account is verified,
 * come from the response and not from the token, which may be outdated.
 */
export function introspection(options: IntrospectionOptions): RevocationCheck {
  const { cacheMs = 1000, clock = () => performance.now() } = options;
  const answers = new Map<string, Answer>();

  function ask(token: string): Promise<CurrentClaims | 'revoked'> {
    const id = createHash('sha256').update(token).digest('base64');
    const found = answers.get(id);
    if (found !== undefined && clock() < found.until) return found.status;
    if (answers.size >= MOST_ANSWERS) answers.clear();
    const status = introspect(options, token);
    answers.set(id, { until: clock() + cacheMs, status });
    // If the request fails, do not cache its result.
    status.catch(() => answers.delete(id));
    return status;
  }

  return { sessionStatus: (_claims, token) => ask(token) };
}

async function introspect(options: IntrospectionOptions, token: string): Promise<CurrentClaims | 'revoked'> {
  const { url, key, fetch: send = fetch } = options;
  try {
    const response = await send(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
      body: new URLSearchParams({ token }),
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    if (response.status === 401) throw new Error(`${url} refuses the key of this service (401)`);
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const { active, email_verified: verified, role } = introspected.parse(await response.json());
    return active
      ? { ...(verified !== undefined && { verified }), ...(role !== undefined && { role }) }
      : 'revoked';
  } catch (cause) {
    throw new RevocationsUnavailable('Access tokens cannot be checked at the moment.', { cause });
  }
}
