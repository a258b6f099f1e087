/**
 * Stores auth's own receipt for erasures that auth has finished without storing it. An earlier release only
 * published this receipt, and auth does not believe receipts on the topic that name auth.
 */
import type { Bus } from '@latchkey/bus';
import type { Logger, ProcessPart } from '@latchkey/process';
import type { UseCaseDeps } from '../deps.ts';
import { createRepeatedJob } from '../job.ts';
import {
  type ErasureReceiptStore,
  type ErasureRecord,
  findUnconfirmedConsumers,
} from '../ports/erasure-receipts.ts';
import { AUTH_CONSUMER_NAME, storeReceiptOfAuth } from './receipts.ts';

/**
 * How often to look for such erasures, in ms: during a rolling upgrade, an instance of the earlier release
 * may finish an erasure after this process has started.
 */
const EVERY_MS = 60 * 60_000;
const PAGE = 100;

type OwnReceiptDeps = Pick<UseCaseDeps, 'erasures' | 'now'> & {
  readonly erasureReceipts: Pick<ErasureReceiptStore, 'confirm' | 'list'>;
  readonly bus: Pick<Bus, 'publish'>;
};

/**
 * Confirms, in auth's name, each erasure that is no longer scheduled in the journal and that auth has not
 * confirmed yet. Idempotent.
 * @throws StoreUnavailable; errors of the bus
 */
export async function confirmFinishedErasures(deps: OwnReceiptDeps): Promise<void> {
  const { erasures, erasureReceipts } = deps;
  let after: ErasureRecord | undefined;
  do {
    const page = await erasureReceipts.list({ limit: PAGE, waiting: true, ...(after && { after }) });
    for (const erasure of page) {
      if (!findUnconfirmedConsumers(erasure).includes(AUTH_CONSUMER_NAME)) continue;
      if (!(await erasures.isScheduled(erasure.account))) await storeReceiptOfAuth(deps, erasure);
    }
    after = page.length === PAGE ? page.at(-1) : undefined;
  } while (after);
}

/** Creates the job that runs {@link confirmFinishedErasures} when auth starts, and every hour. */
export function createOwnReceiptJob(deps: OwnReceiptDeps & { readonly logger: Logger }): ProcessPart {
  return createRepeatedJob({
    name: 'own receipts',
    everyMs: EVERY_MS,
    logger: deps.logger,
    run: async () => {
      await confirmFinishedErasures(deps);
      return false;
    },
  });
}
