/** Ends what is due and repairs what a crash left; one instance at a time. */
import type { Dependency, Logger, Part } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { StoreUnavailable } from '@latchkey/store';
import type { Registration } from '../ports/registrations.ts';
import { ownerOf } from './address.ts';
import type { Deps } from './deps.ts';
import { repeating } from './repeating.ts';

/** A sign-up that nobody verifies ends after seven days. */
export const REGISTRATION_DAYS = 7;

const EVERY_MS = 5 * 60_000;
const LEASE_MS = 2 * EVERY_MS;
const PAGE = 200;

type Needs = Pick<
  Deps,
  'accounts' | 'journal' | 'registrations' | 'sessions' | 'limits' | 'trustedAddresses' | 'now' | 'newId'
>;

/** Hears of a sign-up that could not be looked at. */
type Skipped = (registration: Registration, error: unknown) => void;

/** One pass over the living sign-ups, and over the sessions and limits that are over. */
export async function sweepOnce(deps: Needs, skipped: Skipped = () => undefined): Promise<void> {
  let after: Registration | undefined;
  do {
    const page = await deps.registrations.page({ limit: PAGE, ...(after && { after }) });
    for (const registration of page) await attempt(deps, registration, skipped);
    after = page.length === PAGE ? page.at(-1) : undefined;
  } while (after);
  while ((await deps.sessions.removeExpired(deps.now(), PAGE)) === PAGE);
  await deps.limits.removeExpired();
  await deps.trustedAddresses.removeExpired(deps.now());
}

/** One that cannot be read, or keeps changing, is left for the next time; it must not hold up those behind it. */
async function attempt(deps: Needs, registration: Registration, skipped: Skipped): Promise<void> {
  try {
    await sweepRegistration(deps, registration);
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    skipped(registration, error);
  }
}

/** Due, proven by another, or marked although it is over already. */
async function sweepRegistration(deps: Needs, { stream, address, at }: Registration): Promise<void> {
  const isDue = deps.now().getTime() - Date.parse(at) >= REGISTRATION_DAYS * 86_400_000;
  const { state } = await deps.accounts.execute(stream, { correlationId: deps.newId() }, async () => ({
    type: 'EndRegistration',
    reason: isDue ? 'expired' : 'superseded',
    owner: await ownerOf(deps, address),
  }));
  if (state.status !== 'unverified') await deps.registrations.settle(stream);
}

export function createSweep(
  deps: Needs & { readonly leases: Leases; readonly owner: string; readonly logger: Logger },
): Part {
  const { leases, owner, now, logger } = deps;
  const skipped: Skipped = ({ stream }, error) =>
    logger.error({ err: error, stream }, 'a sign-up could not be swept');
  async function run(): Promise<boolean> {
    const mine = await leases.take({ name: 'sweep', holder: owner, now: now(), ms: LEASE_MS });
    if (mine) await sweepOnce(deps, skipped);
    return false;
  }
  const job = repeating({ name: 'sweep', everyMs: EVERY_MS, logger, run });
  return {
    name: 'sweep',
    start: async () => job.start(),
    stop: async () => {
      await job.stop();
      // It runs out by itself.
      await leases.release('sweep', owner).catch(() => undefined);
    },
    health: async (): Promise<readonly Dependency[]> => [],
  };
}
