/** Sets the size of libuv's thread pool, which runs password hashes, file access and DNS look-ups. */
import { availableParallelism } from 'node:os';

/**
 * The number of threads in addition to those that hash passwords, so that file access and DNS look-ups do not
 * wait for hashes.
 */
const OTHER_THREADS = 4;

/**
 * Returns the maximum number of passwords that are hashed concurrently.
 * @param configured HASH_CONCURRENCY; 0 means one per processor
 */
export function computeHashConcurrency(configured = 0): number {
  return configured || availableParallelism();
}

/**
 * Sets the environment variable UV_THREADPOOL_SIZE above the hash concurrency, unless the variable is already
 * set. Has no effect once the pool has been used, so `main.ts` must call this function first, even before it
 * checks the settings.
 */
export function enlargeThreadPool(environment: NodeJS.ProcessEnv): void {
  const configured = Number(environment['HASH_CONCURRENCY']) || 0;
  environment['UV_THREADPOOL_SIZE'] ??= String(computeHashConcurrency(configured) + OTHER_THREADS);
}
