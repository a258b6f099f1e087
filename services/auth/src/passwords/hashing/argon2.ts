/** Password hashing on libuv's thread pool, with bounded concurrency and a bounded queue that clients share fairly. */
import { createHmac } from 'node:crypto';
import type { SecretKey, SecretKeys } from '@latchkey/process';
import { hashRaw } from '@node-rs/argon2';
import { networkKey } from '../../limits/ip-key.ts';
import type { HashRequest, PasswordHasher } from '../../ports/passwords.ts';
import { Refused } from '../../refused.ts';
import { normalisePassword } from '../rules.ts';
import type { HashCost, HashCosts } from './costs.ts';
import { createFairLimit, type HashingLoad } from './fair-limit.ts';

/** The fixed parameters of the hash. `algorithm` 2 is argon2id. */
const ARGON2ID = { algorithm: 2, parallelism: 1, outputLen: 32 } as const;

/**
 * The length of the queue per thread. One processor hashes about this many passwords per second, so a full queue
 * takes about a second.
 */
const WAITING_PER_THREAD = 64;

export interface PasswordHasherOptions {
  /** PASSWORD_SALT_KEY. A stored hash matches only with the key that it was made with. */
  readonly saltKeys: SecretKeys;
  /** The costs of new and of stored hashes: the setting HASH_COSTS. */
  readonly costs: HashCosts;
  /**
   * The maximum number of concurrent hashes. Each needs a processor, a thread of libuv's pool and the memory of its
   * cost.
   */
  readonly concurrency: number;
  /** The length of the queue. Default: as many passwords as are hashed in about a second. */
  readonly maxWaiting?: number;
  /** The longest wait in the queue. Default: no limit. */
  readonly maxWaitMs?: number;
}

/** The key and the cost with which passwords are hashed. Each stored hash begins with the prefix of its scheme. */
interface Scheme {
  readonly key: SecretKey;
  readonly cost: HashCost;
}

/**
 * Creates the hashing functions. `hash` returns `argon2id$m=19456,t=2,p=1,k=<kid>$` and 32 bytes in base64url, without
 * `k` for a key that has no id; `load` is for metrics.
 */
export function createPasswordHasher(
  options: PasswordHasherOptions,
): PasswordHasher & { load(): HashingLoad } {
  const { saltKeys, costs, concurrency, maxWaiting = WAITING_PER_THREAD * concurrency } = options;
  const { maxWaitMs = Number.POSITIVE_INFINITY } = options;
  const limit = createFairLimit({ concurrency, maxWaiting, maxWaitMs, refusal: overloaded });
  const [key, cost] = [saltKeys[0], costs[0]];
  const current: Scheme = { key, cost };
  const earlier = saltKeys
    .flatMap((each) => costs.map((other) => ({ key: each, cost: other })))
    .filter((scheme) => scheme.key !== key || scheme.cost !== cost);

  function hashBy(scheme: Scheme, password: string, address: string, request: HashRequest): Promise<string> {
    return limit.run(
      () => hashNow(scheme, password, address),
      { network: networkKey(request.ip), address },
      request.isAwaited,
    );
  }

  return {
    load: limit.load,
    hash: (password, address, request) => hashBy(current, password, address, request),
    async find(password, address, request, isStored) {
      const newest = await hashBy(current, password, address, request);
      if (await isStored(newest)) return { current: newest, stored: newest };
      for (const scheme of earlier) {
        const hash = await hashBy(scheme, password, address, request);
        if (await isStored(hash)) return { current: newest, stored: hash };
      }
      return { current: newest };
    },
  };
}

async function hashNow({ key, cost }: Scheme, password: string, address: string): Promise<string> {
  const salt = createHmac('sha256', key.bytes).update(address).digest();
  const { memoryKib: memoryCost, passes: timeCost } = cost;
  const raw = await hashRaw(normalisePassword(password), { ...ARGON2ID, memoryCost, timeCost, salt });
  return prefixOf({ key, cost }) + raw.toString('base64url');
}

/**
 * Returns the prefix that identifies key and cost, so that hashes of different schemes can be stored together. It
 * contains no salt, because the salt is derived from the address.
 */
function prefixOf({ key: { kid }, cost: { memoryKib, passes } }: Scheme): string {
  const parameters = [`m=${memoryKib}`, `t=${passes}`, 'p=1', ...(kid === undefined ? [] : [`k=${kid}`])];
  return `argon2id$${parameters.join(',')}$`;
}

function overloaded(): Error {
  return new Refused({ kind: 'overloaded', seconds: 1 });
}
