/**
 * Hashes passwords on libuv's thread pool. The number of concurrent hashes and the length of the queue are
 * limited, and clients share the queue fairly.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { SecretKey, SecretKeys } from '@latchkey/process';
import { hashRaw } from '@node-rs/argon2';
import { toNetworkLimitKey } from '../../limits/ip-key.ts';
import type { PasswordHasher, PasswordHashRequest } from '../../ports/passwords.ts';
import { Refused } from '../../refused.ts';
import { normalizePassword } from '../rules.ts';
import type { HashCost, HashCosts } from './costs.ts';
import { createFairConcurrencyLimit, type HashingLoad } from './fair-limit.ts';

/** The fixed parameters of the hash. The value 2 of `algorithm` means argon2id. */
const ARGON2ID = { algorithm: 2, parallelism: 1, outputLen: 32 } as const;

/**
 * How many passwords may wait in the queue per hashing thread. A processor hashes about 64 passwords per
 * second, so the last password of a full queue waits about a second.
 */
const WAITING_PER_THREAD = 64;

export interface PasswordHasherOptions {
  /**
   * The keys of PASSWORD_SALT_KEY, the current one first. A stored hash can only be checked with the key with
   * which it was made.
   */
  readonly saltKeys: SecretKeys;
  /**
   * The costs from the setting HASH_COSTS: first the cost of new hashes, then those of hashes stored earlier.
   */
  readonly costs: HashCosts;
  /**
   * The maximum number of concurrent hashes. Each occupies a processor and a thread of libuv's pool, and
   * takes the memory that its cost requires.
   */
  readonly concurrency: number;
  /**
   * The maximum number of passwords that wait in the queue. Default: as many passwords as are hashed in about
   * a second.
   */
  readonly maxWaiting?: number;
  /** The longest time that a password may wait in the queue, in ms. Default: no limit. */
  readonly maxWaitMs?: number;
}

/** A key of PASSWORD_SALT_KEY. `createHmac` is five times as fast with a KeyObject as with bytes. */
interface SaltKey extends Pick<SecretKey, 'kid'> {
  readonly secret: KeyObject;
}

/**
 * The key and the cost with which a password is hashed. Each stored hash begins with a prefix that identifies
 * its key and its cost.
 */
interface Scheme {
  readonly key: SaltKey;
  readonly cost: HashCost;
}

/**
 * Creates the password hasher. Each hash consists of a prefix such as `argon2id$m=19456,t=2,p=1,k=<kid>$` and
 * 32 bytes in base64url. The prefix lacks `k` if the key has no id. The method `load` returns how many
 * passwords are being hashed and how many are waiting, for metrics.
 */
export function createPasswordHasher(
  options: PasswordHasherOptions,
): PasswordHasher & { load(): HashingLoad } {
  const { saltKeys, costs, concurrency, maxWaiting = WAITING_PER_THREAD * concurrency } = options;
  const { maxWaitMs = Number.POSITIVE_INFINITY } = options;
  const limit = createFairConcurrencyLimit({ concurrency, maxWaiting, maxWaitMs, refusal: overloaded });
  const keys = saltKeys.map(saltKeyOf);
  const current: Scheme = { key: saltKeyOf(saltKeys[0]), cost: costs[0] };
  const earlier = keys.flatMap((key) => costs.map((cost) => ({ key, cost }))).slice(1);

  function hashBy(
    scheme: Scheme,
    password: string,
    address: string,
    request: PasswordHashRequest,
  ): Promise<string> {
    return limit.run(
      () => hashNow(scheme, password, address),
      { network: toNetworkLimitKey(request.ip), address },
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

function saltKeyOf({ kid, bytes }: SecretKey): SaltKey {
  return { secret: createSecretKey(bytes), ...(kid !== undefined && { kid }) };
}

async function hashNow({ key, cost }: Scheme, password: string, address: string): Promise<string> {
  const salt = createHmac('sha256', key.secret).update(address).digest();
  const { memoryKib: memoryCost, passes: timeCost } = cost;
  const raw = await hashRaw(normalizePassword(password), { ...ARGON2ID, memoryCost, timeCost, salt });
  return prefixOf({ key, cost }) + raw.toString('base64url');
}

/**
 * Returns the prefix of a password hash, which identifies the hash's key and cost, so that hashes of
 * different schemes can be stored side by side. The prefix contains no salt, because the salt is derived from
 * the address.
 */
function prefixOf({ key: { kid }, cost: { memoryKib, passes } }: Scheme): string {
  const parameters = [`m=${memoryKib}`, `t=${passes}`, 'p=1', ...(kid === undefined ? [] : [`k=${kid}`])];
  return `argon2id$${parameters.join(',')}$`;
}

function overloaded(): Error {
  return new Refused({ kind: 'overloaded', seconds: 1 });
}
