/** libuv's thread pool, which hashes passwords, and what else needs it. */
import { availableParallelism } from 'node:os';

/** For files, name look-ups and the like, while every hashing thread is busy. */
const OTHER_THREADS = 4;

/** How many hashes to compute at once: one per processor that this process may use. */
export const hashConcurrency = (): number => availableParallelism();

/**
 * Makes the pool larger than the hash concurrency unless UV_THREADPOOL_SIZE says otherwise. Works only before
 * the pool is first used, so `main.ts` calls it before anything else.
 */
export function widenThreadPool(environment: NodeJS.ProcessEnv): void {
  environment['UV_THREADPOOL_SIZE'] ??= String(hashConcurrency() + OTHER_THREADS);
}
