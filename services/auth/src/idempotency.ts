/** Supports requests that a client may safely repeat with an Idempotency-Key. */
import { deriveCommandId } from './command-id.ts';
import type { UseCaseContext, UseCaseDeps } from './deps.ts';
import { Refused } from './refused.ts';

/**
 * How long the first request with an Idempotency-Key reserves the key for its body, in ms. During this time,
 * a request with the same key and a different body is refused. A repeated request with the same body is
 * recognized by its command id even later; a repeated sign-up only until its account has ended.
 */
const BOUND_MS = 24 * 60 * 60_000;

/** An operation that accepts an Idempotency-Key, with the caller to whom the key belongs. */
export type RepeatableOperation =
  | { readonly route: 'send-mail'; readonly userId: string }
  /**
   * Requests of anonymous callers. The key belongs to the caller's network, so a stranger in another network
   * may use the same key with another body. A sign-up with the same key and body is recognized from any
   * network, because a phone may change its network before it repeats the request.
   */
  | { readonly route: 'signup'; readonly network: string };

/**
 * Returns the command id of a request with an Idempotency-Key; undefined if the request has no such key. The
 * id depends on the body, so guessing a key is not enough to interfere with another person's request.
 */
export function deriveCommandIdFromIdempotencyKey(
  { bodyDigest }: Pick<UseCaseDeps, 'bodyDigest'>,
  operation: RepeatableOperation,
  { idempotency }: Pick<UseCaseContext, 'idempotency'>,
): string | undefined {
  if (idempotency === undefined) return undefined;
  const { key, body } = idempotency;
  const digest = bodyDigest(body);
  const subject = 'userId' in operation ? `${operation.userId} ${digest}` : digest;
  return deriveCommandId(key, operation.route, subject);
}

/**
 * Binds the request's Idempotency-Key to its body; does nothing without a key. Call this only within a rate
 * limit of the caller, because it stores a row for each new key.
 * @throws Refused (idempotency_key_reused) if this caller has sent the key with another body
 */
export async function bindIdempotencyKeyToBody(
  { idempotencyKeys, bodyDigest, now }: Pick<UseCaseDeps, 'idempotencyKeys' | 'bodyDigest' | 'now'>,
  operation: RepeatableOperation,
  { idempotency }: Pick<UseCaseContext, 'idempotency'>,
): Promise<void> {
  if (idempotency === undefined) return;
  const { key, body } = idempotency;
  const at = now();
  const until = new Date(at.getTime() + BOUND_MS);
  const caller = 'userId' in operation ? operation.userId : operation.network;
  const id = deriveCommandId(key, `${operation.route} key`, caller);
  const isBound = await idempotencyKeys.bind({ id, digest: bodyDigest(body), now: at, until });
  if (!isBound) throw new Refused('idempotency_key_reused');
}
