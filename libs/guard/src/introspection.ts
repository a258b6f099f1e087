/** Asks Latchkey about tokens (RFC 7662). */
import { createHash } from 'node:crypto';
import { type RevocationCheck, RevocationsUnavailable } from './standing.ts';

export interface IntrospectionOptions {
  /** The introspection endpoint. */
  readonly url: string;
  /** The key of this service as a client of Latchkey. */
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
  readonly isActive: Promise<boolean>;
}

/**
 * Returns a check that asks Latchkey about each token and reuses the response for a moment. Concurrent checks of a
 * token share one request.
 */
export function introspection(options: IntrospectionOptions): RevocationCheck {
  const { cacheMs = 1000, clock = () => performance.now() } = options;
  const answers = new Map<string, Answer>();

  function ask(token: string): Promise<boolean> {
    const id = createHash('sha256').update(token).digest('base64');
    const found = answers.get(id);
    if (found !== undefined && clock() < found.until) return found.isActive;
    if (answers.size >= MOST_ANSWERS) answers.clear();
    const isActive = introspect(options, token);
    answers.set(id, { until: clock() + cacheMs, isActive });
    // The response of a failed request is not cached.
    isActive.catch(() => answers.delete(id));
    return isActive;
  }

  return {
    standingOf: async (_claims, token) => ((await ask(token)) ? {} : 'dead'),
  };
}

async function introspect(options: IntrospectionOptions, token: string): Promise<boolean> {
  const { url, key, fetch: send = fetch } = options;
  try {
    const response = await send(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
      body: new URLSearchParams({ token }),
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const answer: unknown = await response.json();
    return typeof answer === 'object' && answer !== null && 'active' in answer && answer.active === true;
  } catch (cause) {
    throw new RevocationsUnavailable('Access tokens cannot be checked at the moment.', { cause });
  }
}
