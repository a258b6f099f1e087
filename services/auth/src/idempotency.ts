/** Requests that a client can repeat safely with an Idempotency-Key. */
import { deriveCommandId } from './command-id.ts';
import type { UseCaseContext, UseCaseDeps } from './deps.ts';
import { Refused } from './refused.ts';

/**
 * How long a key is refused with a different body, in ms. A repeat with the same body is recognised at any time, by the
 * id of its command; a repeated sign-up only until the account has ended.
 */
const BOUND_MS = 24 * 60 * 60_000;

export type RepeatableOperation =
  | { readonly route: 'send-mail'; readonly userId: string }
  /** A caller who is not signed in, and may repeat the request only from the same network. */
  | { readonly route: 'signup'; readonly network: string };

/**
 * Returns the id of the command of a repeatable request; undefined without a key. The id depends on the body, so that a
 * guessed key cannot interfere with another person's request.
 */
export function repeatableCommandId(
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
 * Binds the key of a repeatable request to its body; does nothing without a key. Stores a row for each key, so it must
 * be called within a limit of the caller.
 * @throws Refused (idempotency_key_reused) if this caller has sent the key with another body
 */
export async function bindIdempotencyKey(
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
