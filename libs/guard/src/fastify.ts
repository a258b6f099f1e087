/** The entry point `@latchkey/guard/fastify`: a guard for Fastify. */
import {
  authenticateRequest,
  createFrameworkGuard,
  createHeaderReader,
  type FrameworkGuard,
  headersOf,
  type NodeHeaders,
} from './adapter.ts';
import type { Check, Guard } from './guard.ts';

export { callerOf } from './callers.ts';

/** The part of a Fastify request that the guard uses. */
export interface FastifyRequest {
  readonly headers: NodeHeaders;
}

/** The part of a Fastify reply that the guard uses. */
export interface FastifyReply {
  code(status: number): unknown;
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
  send(body: Buffer): unknown;
}

/** An `onRequest` hook of Fastify that lets a request proceed, or refuses it. */
export type FastifyHook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/**
 * Converts a guard's checks to hooks for Fastify: `app.get('/books', { onRequest: role('admin') },
 * handler)`. In a handler, `callerOf(request)` returns the caller.
 */
export function fastifyGuard(guard: Guard): FrameworkGuard<FastifyHook> {
  return createFrameworkGuard(guard, hook);
}

function hook(check: Check): FastifyHook {
  return async (request, reply) => {
    const refused = await authenticateRequest(request, createHeaderReader(request.headers), check);
    if (refused === undefined) return undefined;
    reply.code(refused.status);
    for (const [name, value] of headersOf(refused, reply.getHeader('Vary'))) reply.header(name, value);
    // Send the body as bytes: for a string, Fastify would add a charset to the media type.
    reply.send(Buffer.from(refused.body));
    return reply;
  };
}
