/**
 * The periodic clean-up of auth: ends unverified sign-ups, releases the previous addresses of accounts,
 * repairs what crashes left behind, and deletes expired records.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ClockGuard, DAY_MS, type Logger, type ProcessPart } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { StoreUnavailable } from '@latchkey/store';
import { findAddressOwnerId } from '../addresses/owners.ts';
import type { UseCaseDeps } from '../deps.ts';
import { finalizeDueEmailChanges } from '../email-change/release.ts';
import { createRepeatedJob } from '../job.ts';
import type { OpenRegistration } from '../ports/registrations.ts';

/** The number of days after which unverified sign-ups end. */
export const SIGN_UP_EXPIRY_DAYS = 7;

const EVERY_MS = 5 * 60_000;
const LEASE_MS = 2 * EVERY_MS;
const LEASE = 'sweep';
const PAGE = 100;
/**
 * The time between two passes of the clean-up that check every open sign-up, in ms. If a crash left a sign-up
 * inconsistent, the next such pass repairs it.
 */
const REPAIR_EVERY_MS = DAY_MS;

type Needs = Pick<
  UseCaseDeps,
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

/** Called with every account that the clean-up could not process. */
type OnSkipped = (stream: string, error: unknown) => void;

/**
 * Which open sign-ups a pass of the clean-up covers: only the expired ones (`due`), or all of them (`all`),
 * to repair what crashes left behind.
 */
export type SignUpCleanupScope = 'all' | 'due';

/**
 * Runs one pass of the clean-up over the sign-ups and the expired records. Lets other work run between pages.
 */
export async function runSignUpCleanupPass(
  deps: Needs,
  {
    scope = 'all',
    onSkipped = () => undefined,
  }: { readonly scope?: SignUpCleanupScope; readonly onSkipped?: OnSkipped } = {},
): Promise<void> {
  const until = scope === 'all' ? {} : { until: expiryOf(deps.now()) };
  let after: OpenRegistration | undefined;
  do {
    const page = await deps.registrations.page({ limit: PAGE, ...until, ...(after && { after }) });
    for (const registration of page) await attempt(deps, registration, onSkipped);
    after = page.length === PAGE ? page.at(-1) : undefined;
    await nextTurn();
  } while (after);
  await finalizeDueEmailChanges(deps, onSkipped);
  while ((await deps.sessions.removeExpired(deps.now(), PAGE)) === PAGE) await nextTurn();
  await deps.limits.removeExpired();
  await deps.idempotencyKeys.removeExpired(deps.now());
  await deps.trustedAddresses.removeExpired(deps.now());
}

/** Returns the time at or before which a sign-up must have been made to have expired at `now`. */
function expiryOf(now: Date): Date {
  return new Date(now.getTime() - SIGN_UP_EXPIRY_DAYS * DAY_MS);
}

/**
 * Processes one open sign-up. If this fails, the sign-up is skipped, so that it does not block the other
 * sign-ups. Only an unavailable store ends the pass.
 */
async function attempt(deps: Needs, registration: OpenRegistration, onSkipped: OnSkipped): Promise<void> {
  try {
    await processRegistration(deps, registration);
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    onSkipped(registration.stream, error);
  }
}

/**
 * Ends a sign-up that has expired or was superseded by another account with the same address. Closes the
 * registration if the account is verified or has ended.
 */
async function processRegistration(deps: Needs, { stream, address, at }: OpenRegistration): Promise<void> {
  const isExpired = Date.parse(at) <= expiryOf(deps.now()).getTime();
  const { state } = await deps.accounts.execute(stream, { correlationId: deps.newId() }, async () => ({
    type: 'EndRegistration',
    reason: isExpired ? 'expired' : 'superseded',
    owner: await findAddressOwnerId(deps, address),
  }));
  if (state.status !== 'unverified') await deps.registrations.settle(stream);
}

/** Creates the job that runs the periodic clean-up of auth. Only one instance at a time runs it. */
export function createSignUpCleanupJob(
  deps: Needs & {
    readonly leases: Leases;
    readonly owner: string;
    readonly logger: Logger;
    readonly clock: Pick<ClockGuard, 'assertTrusted'>;
  },
): ProcessPart {
  const { leases, owner, now, logger, clock } = deps;
  function logSkipped(stream: string, error: unknown): void {
    logger.error({ err: error, stream }, 'an account could not be cleaned up');
  }
  let repairAt = 0;
  function scopeOfPass(): SignUpCleanupScope {
    if (performance.now() < repairAt) return 'due';
    repairAt = performance.now() + REPAIR_EVERY_MS;
    return 'all';
  }
  async function run(): Promise<boolean> {
    clock.assertTrusted();
    const held = await leases.take({ name: LEASE, holder: owner, now: now(), ms: LEASE_MS });
    if (held) await runSignUpCleanupPass(deps, { scope: scopeOfPass(), onSkipped: logSkipped });
    return false;
  }
  return createRepeatedJob({
    name: 'cleanup',
    everyMs: EVERY_MS,
    logger,
    run,
    onStop: () => leases.release(LEASE, owner),
  });
}
