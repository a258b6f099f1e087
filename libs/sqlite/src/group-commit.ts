import type { DatabaseSync } from 'node:sqlite';
import { isDatabaseLockedError, isDiskFullError } from './data-folder-error.ts';

/**
 * How long a commit waits while another process holds the write lock, in ms. After that, the queued writes
 * are rejected.
 */
const GIVE_UP_AFTER_MS = 10_000;
/**
 * The minimum duration of the writes of a transaction, in ms, before it is committed although more writes are
 * queued. If the previous commit took longer than this, the duration of that commit is the minimum instead,
 * so that on a slow disk, more writes share a commit. The remaining writes run in the next turn of the event
 * loop.
 */
const LONGEST_TRANSACTION_MS = 10;
const FIRST_RETRY_MS = 2;
const LONGEST_RETRY_MS = 100;

export interface GroupCommitOptions {
  /** Whether the commit must be flushed to disk. */
  readonly flushed: boolean;
  /** How long the write may wait for other writes that share its commit, in ms. */
  readonly commitDelay: number;
}

interface Work {
  readonly flushed: boolean;
  /**
   * Runs the queued write. Returns a function that resolves or rejects the write's promise, and that must be
   * called after the commit.
   */
  run(): () => void;
  reject(error: unknown): void;
}

export interface GroupCommit {
  /**
   * Queues a write for the next commit, and resolves or rejects after that commit. The commit is flushed to
   * disk if at least one of its writes requires it.
   */
  run<T>(work: () => T, options: GroupCommitOptions): Promise<T>;
  /** Commits delayed writes immediately. Resolves once no write is queued. */
  idle(): Promise<void>;
  /** Returns whether a write has failed because the disk was full, since the last call of `forgive`. */
  hasFoundFull(): boolean;
  /**
   * Makes `hasFoundFull` return false until a write fails again. Called when the disk has free space again.
   */
  forgive(): void;
}

/**
 * Creates a group commit. Writes that are queued within one turn of the event loop run in one transaction,
 * each under its own savepoint, and share one flush to disk. While the flush blocks the process, more
 * requests arrive, so the number of writes per commit grows with the load. If the writes take long, they are
 * divided into several transactions, and requests are answered in between. A delayed write is committed
 * together with the next write that is not delayed, or when its delay is over.
 * @param now returns the time in ms on a monotonic clock
 */
export function createGroupCommit(
  connection: DatabaseSync,
  now: () => number = performance.now.bind(performance),
): GroupCommit {
  let queue: Work[] = [];
  let waiting = false;
  /** The timer that commits the delayed writes at the time `delayedUntil`. */
  let delayed: NodeJS.Timeout | undefined;
  let delayedUntil = Number.POSITIVE_INFINITY;
  let blockedSince: number | undefined;
  const idlers: (() => void)[] = [];
  let foundFull = false;
  /** How long the last commit took, in ms. */
  let lastCommitMs = 0;

  function statement(sql: string) {
    const prepared = connection.prepare(sql);
    return () => void prepared.run();
  }
  let flushing: boolean | undefined;
  const begin = statement('BEGIN IMMEDIATE');
  const commit = statement('COMMIT');
  const rollback = statement('ROLLBACK');
  const savepoint = statement('SAVEPOINT work');
  const release = statement('RELEASE work');
  const rollbackWork = statement('ROLLBACK TO work');

  function schedule(): void {
    if (waiting) return;
    waiting = true;
    setImmediate(flush);
  }

  function scheduleWithin(delay: number): void {
    const until = now() + delay;
    if (until >= delayedUntil) return;
    clearTimeout(delayed);
    delayed = setTimeout(schedule, delay);
    delayedUntil = until;
  }

  function flush(): void {
    waiting = false;
    clearTimeout(delayed);
    delayedUntil = Number.POSITIVE_INFINITY;
    if (!begun()) return;
    commitNext();
    if (queue.length > 0) schedule();
    else for (const idle of idlers.splice(0)) idle();
  }

  /**
   * Begins a transaction, and returns whether this succeeded. If another process is writing, schedules
   * another attempt, without blocking the event loop.
   */
  function begun(): boolean {
    try {
      flushOrNot(queue.some(({ flushed }) => flushed));
      begin();
      blockedSince = undefined;
      return true;
    } catch (error) {
      blockedSince ??= now();
      const blockedMs = now() - blockedSince;
      if (isDatabaseLockedError(error) && blockedMs < GIVE_UP_AFTER_MS) retryAfter(blockedMs);
      else rejectQueue(error);
      return false;
    }
  }

  /**
   * Sets whether the next commit is flushed to disk. With `synchronous=NORMAL`, SQLite does not flush a
   * commit in WAL mode. A later commit with `synchronous=FULL` flushes the earlier commits too.
   */
  function flushOrNot(wanted: boolean): void {
    if (flushing === wanted) return;
    connection.exec(`PRAGMA synchronous = ${wanted ? 'FULL' : 'NORMAL'}`);
    flushing = wanted;
  }

  function retryAfter(blockedMs: number): void {
    waiting = true;
    setTimeout(flush, Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, blockedMs)));
  }

  function rejectQueue(error: unknown): void {
    blockedSince = undefined;
    foundFull ||= isDiskFullError(error);
    for (const work of queue.splice(0)) work.reject(error);
    for (const idle of idlers.splice(0)) idle();
  }

  /**
   * Runs queued writes and commits them in one transaction: all writes or, if they take too long, only the
   * first ones.
   */
  function commitNext(): void {
    const run = queue.length === 1 ? (work: Work) => work.run() : runApart;
    const settlements: (() => void)[] = [];
    const begunAt = now();
    let started = 0;
    try {
      for (const work of queue) {
        if (started > 0 && now() - begunAt >= Math.max(LONGEST_TRANSACTION_MS, lastCommitMs)) break;
        started += 1;
        settlements.push(run(work));
      }
      const writtenAt = now();
      commit();
      lastCommitMs = now() - writtenAt;
      queue = queue.slice(started);
      for (const settle of settlements) settle();
    } catch (error) {
      foundFull ||= isDiskFullError(error);
      if (connection.isTransaction) rollback();
      for (const work of queue.splice(0)) work.reject(error);
    }
  }

  /**
   * Runs a queued write under a savepoint, so that only this write is rolled back if it fails. Throws only if
   * SQLite has rolled back the whole transaction.
   */
  function runApart(work: Work): () => void {
    savepoint();
    try {
      const settle = work.run();
      release();
      return settle;
    } catch (error) {
      // On some errors, such as a full disk, SQLite has already rolled back the whole transaction. Then throw
      // the error, because this write cannot be rolled back alone.
      if (!connection.isTransaction) throw error;
      foundFull ||= isDiskFullError(error);
      rollbackWork();
      release();
      return () => work.reject(error);
    }
  }

  return {
    run: (work, { flushed, commitDelay }) =>
      new Promise((resolve, reject) => {
        queue.push({
          flushed,
          run() {
            const result = work();
            refusePromise(result);
            return () => resolve(result);
          },
          reject,
        });
        if (commitDelay === 0) schedule();
        else scheduleWithin(commitDelay);
      }),
    async idle() {
      if (queue.length === 0) return;
      schedule();
      await new Promise<void>((resolve) => idlers.push(resolve));
    },
    hasFoundFull: () => foundFull,
    forgive() {
      foundFull = false;
    },
  };
}

function refusePromise(result: unknown): void {
  if (result instanceof Promise)
    throw new TypeError('The function that is passed to `write` must be synchronous.');
}
