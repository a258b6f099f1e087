/** Password hashing on libuv's thread pool, with bounded concurrency and a bounded queue that clients share fairly. */
import { createHmac } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { networkKey } from '../../limits/ip-key.ts';
import type { Passwords } from '../../ports/passwords.ts';
import { Refused } from '../../refused.ts';
import { normalisePassword } from '../rules.ts';
import { fairLimit, type Load } from './fair-limit.ts';

/**
 * The parameters of OWASP's Password Storage Cheat Sheet, which are above the minimum of RFC 9106. `algorithm` 2 is
 * argon2id.
 */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
/** Identifies the parameters, so that hashes of another cost can be stored alongside. The salt is derived from the address. */
const PREFIX = `argon2id$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`;

/** About as many as one processor hashes per second, so that the queue takes about a second. */
const WAITING_PER_THREAD = 64;

export interface PasswordsOptions {
  /** PASSWORD_SALT_KEY. With another key no stored hash ever matches again. */
  readonly saltKey: Buffer;
  /** Concurrent hashes. Each takes a processor, a thread of libuv's pool and 19 MiB. */
  readonly concurrency: number;
  /** The length of the queue. Default: about a second's worth. */
  readonly maxWaiting?: number;
  /** The longest wait in the queue. Default: no limit. */
  readonly maxWaitMs?: number;
}

/** `hash` returns `argon2id$m=19456,t=2,p=1$` and 32 bytes in base64url; `load` is for metrics. */
export function createPasswords(options: PasswordsOptions): Passwords & { load(): Load } {
  const { saltKey, concurrency, maxWaiting = WAITING_PER_THREAD * concurrency } = options;
  const { maxWaitMs = Number.POSITIVE_INFINITY } = options;
  const limit = fairLimit({ concurrency, maxWaiting, maxWaitMs, refusal: overloaded });
  return {
    load: limit.load,
    hash(password, address, { ip, isAwaited }) {
      async function hash(): Promise<string> {
        const salt = createHmac('sha256', saltKey).update(address).digest();
        const raw = await hashRaw(normalisePassword(password), { ...COST, salt });
        return PREFIX + raw.toString('base64url');
      }
      return limit.run(hash, { network: networkKey(ip), address }, isAwaited);
    },
  };
}

function overloaded(): Error {
  return new Refused({ kind: 'overloaded', seconds: 1 });
}
