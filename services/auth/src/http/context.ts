/** What the use cases want to know of a request. */
import type { RequestContext } from '@latchkey/service';
import { validationFailed } from '@latchkey/service';
import type { Context } from '../use-cases/deps.ts';

const LONGEST_USER_AGENT = 256;

export const contextOf = ({ requestId, traceparent, ip, headers }: RequestContext): Context => ({
  correlationId: requestId,
  traceparent,
  ip,
  userAgent: (headers['user-agent'] ?? '').slice(0, LONGEST_USER_AGENT),
});

/**
 * The same for a route that may be repeated with an `Idempotency-Key`: 1 to 255 visible ASCII characters.
 * @throws Problem (validation_failed)
 */
export const repeatableContextOf = (request: RequestContext): Context => {
  const idempotencyKey = request.headers['idempotency-key'];
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw validationFailed([
      { pointer: '#/header/Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' },
    ]);
  }
  return { ...contextOf(request), idempotencyKey };
};
