import { v5 } from 'uuid';

const NAMESPACE = '5d3c7b0e-6b0c-5a0e-9a4e-0d7f3f0f7c11';

/**
 * Derives the id of a command from its request. A client or a worker may carry out the same request more than
 * once. Its commands then have the same id, so the command takes effect only once.
 * @param key the client's idempotency key, or the id of the recorded request
 * @param subject the account or address that the command is about
 * @returns a UUIDv5 (RFC 9562)
 */
export function deriveCommandId(key: string, route: string, subject: string): string {
  return v5(JSON.stringify([key, route, subject]), NAMESPACE);
}
