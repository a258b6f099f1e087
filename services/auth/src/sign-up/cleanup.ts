/** Ends sign-ups that nobody verified, repairs what a crash left, and removes expired rows. */
import type { Logger, Part } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { StoreUnavailable } from '@latchkey/store';
import { ownerOf } from '../addresses/owners.ts';
import type { Deps } from '../deps.ts';
import { createJob } from '../job.ts';
import type { Registration } from '../ports/registrations.ts';

/** An unverified sign-up ends after seven days. */
export const REGISTRATION_DAYS = 7;

const EVERY_MS = 5 * 60_000;
const LEASE_MS = 2 * EVERY_MS;
const LEASE = 'sweep';
const PAGE = 200;

type Needs = Pick<
  Deps,
  | 'accounts'
  | 'journal'
  | 'registrations'
  | 'sessions'
  | 'limits'
  | 'idempotencyKeys'
  | 'trustedAddresses'
  | 'now'
  | 'newId'
>;

/** Receives every sign-up that could not be processed. */
type OnSkipped = (registration: Registration, error: unknown) => void;

/** Makes one pass over the living sign-ups and the expired rows. */
export async function cleanUpOnce(deps: Needs, onSkipped: OnSkipped = () => undefined): Promise<void> {
  let after: Registration | undefined;
  do {
    const page = await deps.registrations.page({ limit: PAGE, ...(after && { after }) });
    for (const registration of page) await attempt(deps, registration, onSkipped);
    after = page.length === PAGE ? page.at(-1) : undefined;
  } while (after);
  while ((await deps.sessions.removeExpired(deps.now(), PAGE)) === PAGE);
  await deps.limits.removeExpired();
  await deps.idempotencyKeys.removeExpired(deps.now());
  await deps.trustedAddresses.removeExpired(deps.now());
}

/** Skips a sign-up that cannot be read or keeps changing, so that it does not block those behind it. */
async function attempt(deps: Needs, registration: Registration, onSkipped: OnSkipped): Promise<void> {
  try {
    await processRegistration(deps, registration);
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    onSkipped(registration, error);
  }
}

/** Ends a sign-up that has expired or was superseded; settles one that is over. */
async function processRegistration(deps: Needs, { stream, address, at }: Registration): Promise<void> {
  const isExpired = deps.now().getTime() - Date.parse(at) >= REGISTRATION_DAYS * 86_400_000;
  const { state } = await deps.accounts.execute(stream, { correlationId: deps.newId() }, async () => ({
    type: 'EndRegistration',
    reason: isExpired ? 'expired' : 'superseded',
    owner: await ownerOf(deps, address),
  }));
  if (state.status !== 'unverified') await deps.registrations.settle(stream);
}

/** Runs the passes, on one instance at a time. */
export function createCleanup(
  deps: Needs & { readonly leases: Leases; readonly owner: string; readonly logger: Logger },
): Part {
  const { leases, owner, now, logger } = deps;
  function logSkipped({ stream }: Registration, error: unknown): void {
    logger.error({ err: error, stream }, 'a sign-up could not be cleaned up');
  }
  async function run(): Promise<boolean> {
    const held = await leases.take({ name: LEASE, holder: owner, now: now(), ms: LEASE_MS });
    if (held) await cleanUpOnce(deps, logSkipped);
    return false;
  }
  const job = createJob({ name: 'cleanup', everyMs: EVERY_MS, logger, run });
  return {
    ...job,
    stop: async () => {
      await job.stop();
      // Best effort: the lease expires by itself.
      await leases.release(LEASE, owner).catch(() => undefined);
    },
  };
}
