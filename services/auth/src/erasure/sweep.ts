/**
 * Erases the accounts that are due, and resumes interrupted erasures. A lease ensures that only one instance
 * does this at a time.
 */
import type { ClockGuard, Logger, ProcessPart } from '@latchkey/process';
import { createIdleBackoff, type LoopWakeup } from '@latchkey/process/loop';
import { type Leases, StoreUnavailable } from '@latchkey/store';
import type { UseCaseDeps } from '../deps.ts';
import { createRepeatedJob } from '../job.ts';
import type { DueErasure } from '../ports/erasures.ts';
import {
  type AccountBeingErased,
  type EraseAccountDeps,
  eraseAccountFromStores,
  eraseAccountsFromLog,
  finishErasure,
} from './erase.ts';

/**
 * The pause before the next search for erasures that another instance recorded or that must be retried, in
 * ms. It grows from `least` to `most` while no erasures are found.
 */
const IDLE_MS = { least: 2_000, most: 8_000 };
const LEASE_MS = 60_000;
const LEASE = 'erasure';
/** The number of accounts that are erased with one search of the log. */
const PAGE = 50;

type DueErasureDeps = EraseAccountDeps & Pick<UseCaseDeps, 'erasures' | 'now'>;

/** Callbacks that report how the erasure of each account ended. */
interface ErasureWatcher {
  /** Called after the erasure of an account failed; the erasure will be retried. */
  failed(due: DueErasure, error: unknown): void;
  /**
   * Called after an erasure ended: either the account is erased, or the erasure was canceled or postponed.
   */
  closed(due: DueErasure): void;
}

const noWatcher: ErasureWatcher = { failed: () => undefined, closed: () => undefined };

/** Carries out the erasures that are due. @throws StoreUnavailable */
export async function eraseDueAccounts(deps: DueErasureDeps, watcher = noWatcher): Promise<void> {
  let after: DueErasure | undefined;
  do {
    const page = await deps.erasures.due({ until: deps.now(), limit: PAGE, ...(after && { after }) });
    await erasePage(deps, page, watcher);
    after = page.length === PAGE ? page.at(-1) : undefined;
  } while (after);
}

/** Erases up to PAGE accounts that are due, with one search of the log. */
async function erasePage(
  deps: DueErasureDeps,
  page: readonly DueErasure[],
  watcher: ErasureWatcher,
): Promise<void> {
  const begun: (readonly [DueErasure, AccountBeingErased])[] = [];
  for (const due of page)
    await attempt(due, watcher, async () => {
      const result = await eraseAccountFromStores(deps, due.stream);
      if (result === 'unpublished') return;
      if (result !== 'not due') return void begun.push([due, result]);
      await deps.erasures.settle(due);
      watcher.closed(due);
    });
  const areErasedFromLog = await areErasedTogether(deps, [...new Set(begun.map(([{ stream }]) => stream))]);
  for (const [due, erasing] of begun)
    await attempt(due, watcher, async () => {
      if (!areErasedFromLog) await eraseAccountsFromLog(deps, [due.stream]);
      await finishErasure(deps, erasing);
      await deps.erasures.settleAll(due.stream);
      watcher.closed(due);
    });
}

/**
 * Tries to erase several accounts from the log with one search.
 * @returns false if this has failed. The caller must then erase the accounts one by one, so that a faulty
 * account does not block the others
 */
async function areErasedTogether(deps: DueErasureDeps, accounts: readonly string[]): Promise<boolean> {
  return await eraseAccountsFromLog(deps, accounts).then(
    () => true,
    () => false,
  );
}

/**
 * Runs one step of the erasure of an account. If the step fails, reports the failure to the watcher, so that
 * the erasure of other accounts can continue.
 * @throws StoreUnavailable
 */
async function attempt(due: DueErasure, watcher: ErasureWatcher, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    watcher.failed(due, error);
  }
}

/**
 * Creates a watcher that logs only the first failure of each account, because retries happen every few
 * seconds.
 */
export function createErasureFailureLog(logger: Pick<Logger, 'error' | 'info'>): ErasureWatcher {
  const failing = new Set<string>();
  return {
    failed({ stream }, error) {
      if (failing.has(stream)) return;
      failing.add(stream);
      logger.error({ err: error, stream }, 'an account could not be erased and will be retried');
    },
    closed({ stream }) {
      if (failing.delete(stream)) logger.info({ stream }, 'an erasure that failed before is complete');
    },
  };
}

/** Creates the job that erases the accounts that are due. */
export function createErasureJob(
  deps: DueErasureDeps & {
    readonly leases: Leases;
    readonly owner: string;
    readonly logger: Logger;
    readonly clock: Pick<ClockGuard, 'assertTrusted'>;
    /**
     * Starts the next run of the job before the pause is over, when an account must be erased immediately.
     */
    readonly wakeup: LoopWakeup;
  },
): ProcessPart {
  const { leases, owner, now, logger, clock, wakeup } = deps;
  const failures = createErasureFailureLog(logger);
  async function run(): Promise<boolean> {
    clock.assertTrusted('erasure');
    // Check whether there is any work before taking the lease: usually there is none, and taking the lease is
    // a write.
    if ((await deps.erasures.due({ until: now(), limit: 1 })).length === 0) return false;
    const held = await leases.take({ name: LEASE, holder: owner, now: now(), ms: LEASE_MS });
    if (held) await eraseDueAccounts(deps, failures);
    return false;
  }
  return createRepeatedJob({
    name: 'eraser',
    everyMs: createIdleBackoff(IDLE_MS),
    logger,
    wakeup,
    run,
    onStop: () => leases.release(LEASE, owner),
  });
}
