/** Requests that a client can repeat safely with an Idempotency-Key. */
import { deriveCommandId } from './command-id.ts';
import type { UseCaseContext, UseCaseDeps } from './deps.ts';
import { Refused } from './refused.ts';

/**
 * How long a key is refused with a different body, in ms. A repeat with the same body is recognised at any time, by the
 * id of its command.
 */
const BOUND_MS = 24 * 60 * 60_000;

type Operation =
  | { readonly route: 'send-mail'; readonly userId: string }
  /** A caller who is not signed in, and may repeat the request only from the same network. */
  | { readonly route: 'signup'; readonly network: string };

/**
 * Returns the id of the command of a repeatable request; undefined without a key. The id depends on the body, so that a
 * guessed key cannot interfere with another person's request.
 * @throws Refused (idempotency_key_reused) if this caller has sent the key with another body
 */
export async function repeatableCommandId(
  { idempotencyKeys, bodyDigest, now }: Pick<UseCaseDeps, 'idempotencyKeys' | 'bodyDigest' | 'now'>,
  operation: Operation,
  { idempotency }: Pick<UseCaseContext, 'idempotency'>,
): Promise<string | undefined> {
  if (idempotency === undefined) return undefined;
  const { key, body } = idempotency;
  const digest = bodyDigest(body);
  const at = now();
  const until = new Date(at.getTime() + BOUND_MS);
  const { route } = operation;
  const [caller, subject] =
    'userId' in operation ? [operation.userId, `${operation.userId} ${digest}`] : [operation.network, digest];
  const id = deriveCommandId(key, `${route} key`, caller);
  const isBound = await idempotencyKeys.bind({ id, digest, now: at, until });
  if (!isBound) throw new Refused('idempotency_key_reused');
  return deriveCommandId(key, route, subject);
}
