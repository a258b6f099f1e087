/** Password hashing on the thread pool, as much at once as there are processors, with a bounded queue before it. */
import { createHmac } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import type { Passwords } from '../ports/passwords.ts';
import { Refused } from '../refused.ts';
import { concurrencyLimit, type Load } from './concurrency-limit.ts';
import { normalisePassword } from './password-rules.ts';

/** OWASP Password Storage Cheat Sheet; above RFC 9106's floor. `algorithm` 2 is argon2id. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
/** Says how a hash was made, so that hashes of another cost can stand beside these. The salt follows from the address. */
const PREFIX = `argon2id$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`;

/** One processor hashes about this many in a second: so many may wait, and each is answered within about one. */
const WAITING_PER_THREAD = 64;

export interface PasswordsOptions {
  /** PASSWORD_SALT_KEY: with another one no stored hash is ever matched again. */
  readonly saltKey: Buffer;
  /** Hashes computed at once. Each takes a processor, a thread of libuv's pool and 19 MiB. */
  readonly concurrency: number;
  /** Default: about a second's worth. */
  readonly maxWaiting?: number;
  /** Whose turn comes later than this is turned away. Default: nobody. */
  readonly maxWaitMs?: number;
}

/** `hash` gives `argon2id$m=19456,t=2,p=1$` and 32 bytes in base64url; `load` is for metrics. */
export function createPasswords(options: PasswordsOptions): Passwords & { load(): Load } {
  const { saltKey, concurrency, maxWaiting = WAITING_PER_THREAD * concurrency } = options;
  const { maxWaitMs = Number.POSITIVE_INFINITY } = options;
  const limit = concurrencyLimit({ concurrency, maxWaiting, maxWaitMs, refusal: overloaded });
  return {
    load: limit.load,
    hash: (password, address, isWanted) =>
      limit.run(async () => {
        const salt = createHmac('sha256', saltKey).update(address).digest();
        const hash = await hashRaw(normalisePassword(password), { ...COST, salt });
        return PREFIX + hash.toString('base64url');
      }, isWanted),
  };
}

function overloaded(): Error {
  return new Refused({ kind: 'overloaded', seconds: 1 });
}
