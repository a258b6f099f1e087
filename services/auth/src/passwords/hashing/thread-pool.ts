/** Sizes libuv's thread pool, which runs password hashes, file access and DNS look-ups. */
import { availableParallelism } from 'node:os';

/** The number of additional threads, so that file access and DNS look-ups do not wait for hashes. */
const OTHER_THREADS = 4;

/**
 * Returns the maximum number of concurrent hashes.
 * @param configured HASH_CONCURRENCY; 0 means one per processor
 */
export function computeHashConcurrency(configured = 0): number {
  return configured || availableParallelism();
}

/**
 * Sets UV_THREADPOOL_SIZE above the hash concurrency, unless the variable is already set. Has no effect once
 * the pool has been used, so `main.ts` must call this first, even before it checks the settings.
 */
export function widenThreadPool(environment: NodeJS.ProcessEnv): void {
  const configured = Number(environment['HASH_CONCURRENCY']) || 0;
  environment['UV_THREADPOOL_SIZE'] ??= String(computeHashConcurrency(configured) + OTHER_THREADS);
}
