/**
 * What makes a command recognisable when it comes again: after a lost answer, from a worker that died, or
 * from a client that repeats its request.
 */
import { v5 } from 'uuid';

const NAMESPACE = '5d3c7b0e-6b0c-5a0e-9a4e-0d7f3f0f7c11';

/** UUIDv5 (RFC 9562) of what the client or the written-down request is known by, the route, and whom it is about. */
export function commandIdOf(key: string, route: string, subject: string): string {
  return v5(JSON.stringify([key, route, subject]), NAMESPACE);
}
