/**
 * Stores auth's own receipts for erasures that auth has finished without storing a receipt. An earlier
 * release published auth's receipts on the topic, but did not store them. auth does not read its own receipts
 * from the topic, because others could forge them.
 */
import type { Bus } from '@latchkey/bus';
import type { Logger, ProcessPart } from '@latchkey/process';
import { createExponentialBackoff } from '@latchkey/process/loop';
import type { UseCaseDeps } from '../deps.ts';
import { createRepeatedJob } from '../job.ts';
import {
  type ErasureReceiptStore,
  type ErasureRecord,
  findUnconfirmedConsumers,
} from '../ports/erasure-receipts.ts';
import { type Journal, UnreadableCommit } from '../ports/journal.ts';
import { AUTH_CONSUMER_NAME, confirmErasureForAuth, findErasureInJournal } from './receipts.ts';

/**
 * How often to look for erasures without a stored receipt of auth, in ms. During a rolling upgrade, an
 * instance of the earlier release may finish an erasure after this process has started, so looking once is
 * not enough.
 */
const EVERY_MS = 60 * 60_000;
/**
 * The limits of the pause after a failure of the job that stores auth's own receipts, in ms. The pause
 * doubles with each failure.
 */
const RETRY_MS = { least: 1_000, most: 5 * 60_000 };
const PAGE = 100;

type OwnReceiptDeps = Pick<UseCaseDeps, 'now'> & {
  readonly erasures: Pick<UseCaseDeps['erasures'], 'isScheduled'>;
  readonly erasureReceipts: Pick<ErasureReceiptStore, 'confirm' | 'list'>;
  readonly journal: Pick<Journal, 'read'>;
  readonly bus: Pick<Bus, 'publish'>;
};

/**
 * Confirms, in auth's name, each erasure that auth has finished but not confirmed: the journal contains the
 * erasure, and no longer lists it as scheduled. Idempotent.
 * @returns the accounts whose erasure was not confirmed, each with the reason. The journal may lack an
 * erasure because it was restored from a backup that is older than the receipts
 * @throws StoreUnavailable; errors of the bus
 */
export async function confirmFinishedErasures(
  deps: OwnReceiptDeps,
): Promise<ReadonlyMap<string, UnconfirmedErasureReason>> {
  const { erasures, erasureReceipts } = deps;
  const unconfirmed = new Map<string, UnconfirmedErasureReason>();
  let after: ErasureRecord | undefined;
  do {
    const page = await erasureReceipts.list({ limit: PAGE, waiting: true, ...(after && { after }) });
    for (const erasure of page) {
      if (!findUnconfirmedConsumers(erasure).includes(AUTH_CONSUMER_NAME)) continue;
      if (await erasures.isScheduled(erasure.account)) continue;
      const reason = await findReasonAgainst(deps, erasure);
      if (reason === undefined) await confirmErasureForAuth(deps, erasure);
      else unconfirmed.set(erasure.account, reason);
    }
    after = page.length === PAGE ? page.at(-1) : undefined;
  } while (after);
  return unconfirmed;
}

/**
 * Why auth does not confirm an erasure: the journal lacks it, or the events of the account cannot be read.
 */
export type UnconfirmedErasureReason = 'missing' | 'unreadable';

/**
 * Returns why the erasure of an account must not be confirmed; undefined if the journal contains the erasure.
 * @throws StoreUnavailable
 */
async function findReasonAgainst(
  deps: Pick<OwnReceiptDeps, 'journal'>,
  { account, sequence }: ErasureRecord,
): Promise<UnconfirmedErasureReason | undefined> {
  try {
    return (await findErasureInJournal(deps, account))?.sequence === sequence ? undefined : 'missing';
  } catch (error) {
    if (error instanceof UnreadableCommit) return 'unreadable';
    throw error;
  }
}

/**
 * Creates the job that runs {@link confirmFinishedErasures} when auth starts, and every hour. After a
 * failure, the job runs again a second later; this pause doubles with each failure, up to five minutes.
 */
export function createAuthErasureReceiptJob(deps: OwnReceiptDeps & { readonly logger: Logger }): ProcessPart {
  const { logger } = deps;
  /** The accounts about which this process has already warned. */
  const warned = new Set<string>();
  return createRepeatedJob({
    name: 'own receipts',
    everyMs: EVERY_MS,
    retryMs: createExponentialBackoff(RETRY_MS),
    logger,
    run: async () => {
      for (const [stream, reason] of await confirmFinishedErasures(deps)) {
        if (!warned.has(stream)) logger.warn({ stream }, WARNINGS[reason]);
        warned.add(stream);
      }
      return false;
    },
  });
}

const WARNINGS: Readonly<Record<UnconfirmedErasureReason, string>> = {
  missing:
    'the journal does not contain an erasure that has receipts, so auth does not confirm it; if the journal was restored from a backup, erase the account again',
  unreadable:
    'auth does not confirm an erasure, because the events of the account cannot be read; run: npm run ops -- verify',
};
