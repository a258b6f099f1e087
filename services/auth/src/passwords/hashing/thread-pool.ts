/** Sizes libuv's thread pool, which hashes passwords and serves files and name look-ups. */
import { availableParallelism } from 'node:os';

/** Threads that remain for everything else while every hashing thread is busy. */
const OTHER_THREADS = 4;

/** Returns the number of concurrent hashes. @param configured HASH_CONCURRENCY; 0: one per available processor */
export function hashConcurrency(configured = 0): number {
  return configured || availableParallelism();
}

/**
 * Sets UV_THREADPOOL_SIZE above the hash concurrency, unless the variable is already set. Has no effect once the pool
 * was used, so `main.ts` must call it first, even before the settings are checked.
 */
export function widenThreadPool(environment: NodeJS.ProcessEnv): void {
  const configured = Number(environment['HASH_CONCURRENCY']) || 0;
  environment['UV_THREADPOOL_SIZE'] ??= String(hashConcurrency(configured) + OTHER_THREADS);
}
