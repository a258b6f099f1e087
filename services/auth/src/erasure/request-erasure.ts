/** Requests erasures of accounts, and cancels such requests. */
import { DAY_MS } from '@latchkey/process';
import {
  type AccountState,
  checkErasureUndoLink,
  computeErasureTime,
  isLivingAccount,
} from '../account/index.ts';
import {
  runCommandAndRemoveRevokedSessions,
  withInfoAboutOtherAdmins,
} from '../administration/manage-accounts.ts';
import type { Caller, UseCaseContext, UseCaseDeps, UseCaseSettings } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { checkPassword, limitPasswordAttempts } from '../passwords/attempts.ts';
import { Refused } from '../refused.ts';
import { refuseRevokedCaller } from '../sessions/session-status.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { createMailedLinkExpiringAt, readLinkToken } from '../tokens/links.ts';

type Needs = Pick<
  UseCaseDeps,
  'accounts' | 'journal' | 'linkTokens' | 'now' | 'sealer' | 'sessions' | 'wakeEraser'
> & { readonly settings: Pick<UseCaseSettings, 'erasureGraceDays'> };

type Origin = Pick<UseCaseContext, 'correlationId' | 'traceparent'>;

/** An account whose erasure is pending, and the time of the erasure. */
export interface ScheduledErasure {
  readonly state: AccountState;
  /** When the account will be erased (RFC 3339). */
  readonly eraseAt: string;
}

/**
 * Disables the caller's own account immediately, and schedules its erasure after ERASURE_GRACE_DAYS.
 * @throws Refused (password_incorrect, last_admin, unauthenticated, rate_limited, conflict, overloaded)
 */
export async function requestOwnErasure(
  deps: Needs &
    Pick<
      UseCaseDeps,
      'audit' | 'limits' | 'newId' | 'passwords' | 'requests' | 'trustedAddresses' | 'wakeWorker'
    >,
  { password }: { readonly password: string },
  caller: Caller,
  context: UseCaseContext,
): Promise<ScheduledErasure> {
  const { userId, state } = caller;
  const attempt = { address: state.address, accountId: userId, during: 'erasure', actor: userId } as const;
  const requested = await limitPasswordAttempts(deps, attempt, context, async () => {
    if ((await checkPassword(deps, password, state, context)) === undefined) return undefined;
    return runWithinLimits(deps, [{ limit: 'erasure-account', key: userId }], async () => ({
      repeated: false,
      ...(await requestErasure(deps, { userId, by: userId, caller }, context)),
    }));
  });
  if (requested === undefined) throw new Refused('password_incorrect');
  return requested;
}

/**
 * Disables another account immediately, and schedules its erasure after ERASURE_GRACE_DAYS. For admins.
 * @throws Refused (not_found, own_account, last_admin, conflict)
 */
export async function requestErasureOfAccount(
  deps: Needs,
  target: { readonly userId: string; readonly by: string },
  origin: Origin,
): Promise<ScheduledErasure> {
  if (target.userId === target.by) throw new Refused('own_account');
  return await requestErasure(deps, target, origin);
}

async function requestErasure(
  deps: Needs,
  { userId, by, caller }: { readonly userId: string; readonly by: string; readonly caller?: Caller },
  origin: Origin,
): Promise<ScheduledErasure> {
  const { accounts, settings, now } = deps;
  const account = await accounts.load(userId);
  if (!isLivingAccount(account)) throw new Refused('not_found');
  const { erasureGraceDays: days } = settings;
  const wanted = new Date(now().getTime() + days * DAY_MS).toISOString();
  const eraseAt = computeErasureTime(account, by, wanted);
  const isAtOnce = days === 0 && eraseAt === wanted;
  const link = isAtOnce
    ? undefined
    : await createMailedLinkExpiringAt(deps, 'erasure', account, new Date(eraseAt));
  const request = { type: 'RequestErasure', by, eraseAt, ...(link && { link }) } as const;
  const command = withInfoAboutOtherAdmins(deps, request);
  const ask = caller ? refuseRevokedCaller(caller, command) : command;
  const { state } = await runCommandAndRemoveRevokedSessions(deps, userId, origin, ask);
  if (isAtOnce) deps.wakeEraser();
  return { state, eraseAt: (isLivingAccount(state) && state.erasure?.at) || eraseAt };
}

/** The data for the page that a valid link to cancel an erasure opens. */
export interface ErasureView {
  readonly locale: string;
  readonly eraseAt: Date;
}

type LinkDeps = Pick<UseCaseDeps, 'accounts' | 'linkTokens' | 'now'>;

/**
 * Returns the data for the page that a link to cancel an erasure opens. Changes nothing.
 * @throws Refused (token_invalid, token_expired)
 */
export async function getErasureView(deps: LinkDeps, token: string): Promise<ErasureView> {
  const { userId, tokenHash } = readLinkToken(deps, 'erasure', token);
  const state = await deps.accounts.load(userId);
  const refusal = checkErasureUndoLink(state, tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  if (!isLivingAccount(state) || state.erasure === undefined) throw new Refused('token_invalid');
  return { locale: state.locale, eraseAt: new Date(state.erasure.at) };
}

/**
 * Cancels the erasure of an account with the link that was mailed, and enables the account unless it was
 * already disabled before the request.
 * @throws Refused (token_invalid, token_expired, conflict)
 */
export async function cancelErasure(
  deps: LinkDeps,
  token: string,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { userId, tokenHash } = readLinkToken(deps, 'erasure', token);
  const outcome = await deps.accounts.execute(userId, context, () => ({
    type: 'CancelErasure',
    tokenHash,
    now: deps.now(),
  }));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  return outcome;
}
