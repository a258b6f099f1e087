/** Converts an HTTP request to the context that use cases need. */
import { parseTraceparent } from '@latchkey/events';
import type { RequestContext } from '@latchkey/http';
import { z } from 'zod';
import type { UseCaseContext } from '../deps.ts';

const LONGEST_USER_AGENT = 256;

/** Creates the context of a request without an Idempotency-Key. */
export function toUseCaseContext({ requestId, ip, headers, isAwaited }: RequestContext): UseCaseContext {
  return {
    correlationId: requestId,
    traceparent: parseTraceparent(headers['traceparent']),
    ip,
    userAgent: (headers['user-agent'] ?? '').slice(0, LONGEST_USER_AGENT),
    isAwaited,
  };
}

/** The headers of a route that accepts an Idempotency-Key. */
export const idempotencyHeadersSchema = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe('Chosen by the client: repeating a request with the same key and body has no further effect.'),
});

/**
 * Creates the context of a request that may have an Idempotency-Key. The key is bound to the request body as
 * JSON, so the body must be in canonical form.
 * @param request the request, whose body must already be parsed with the route's schema
 */
export function toIdempotentContext(request: RequestContext & { readonly body: unknown }): UseCaseContext {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return toUseCaseContext(request);
  return { ...toUseCaseContext(request), idempotency: { key, body: JSON.stringify(request.body) } };
}
