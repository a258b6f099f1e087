/** libuv's thread pool, which hashes passwords, and what else needs it. */
import { availableParallelism } from 'node:os';

/** For files, name look-ups and the like, while every hashing thread is busy. */
const OTHER_THREADS = 4;

/** How many hashes to compute at once. @param configured HASH_CONCURRENCY; 0: one per processor that is ours to use. */
export function hashConcurrency(configured = 0): number {
  return configured || availableParallelism();
}

/**
 * Makes the pool larger than the hash concurrency unless UV_THREADPOOL_SIZE says otherwise. Works only before
 * the pool is first used, so `main.ts` calls it before anything else, also before the settings are checked.
 */
export function widenThreadPool(environment: NodeJS.ProcessEnv): void {
  const configured = Number(environment['HASH_CONCURRENCY']) || 0;
  environment['UV_THREADPOOL_SIZE'] ??= String(hashConcurrency(configured) + OTHER_THREADS);
}
