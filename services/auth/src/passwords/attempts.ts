/** Limits on password attempts, which prevent guessing without locking out the owner of the address. */
import { isSameHash, type LivingAccount } from '../account/index.ts';
import { findAccountByAddress, NONEXISTENT_ACCOUNT_ID } from '../addresses/owners.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { assertRateLimitAllows } from '../limits/assert-rate-limit-allows.ts';
import { toIpLimitKey } from '../limits/ip-key.ts';
import { runEvenIfRateLimited } from '../limits/within-limits.ts';
import type { RateLimitDecision } from '../ports/limits.ts';
import { queueMailRequest } from '../requests/written-requests.ts';
import { computeSessionStatus } from '../sessions/session-status.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';

type Needs = Pick<
  UseCaseDeps,
  | 'accounts'
  | 'audit'
  | 'journal'
  | 'sessions'
  | 'limits'
  | 'trustedAddresses'
  | 'now'
  | 'newId'
  | 'requests'
  | 'wakeWorker'
>;

interface Source {
  /** The canonical email address of the account whose password is checked. */
  readonly address: string;
  readonly ip: string;
}

interface Attempt {
  /** The canonical email address of the account whose password is checked. */
  readonly address: string;
  /**
   * The account whose password is checked. Absent if it is not known; security events about failures are then
   * recorded for the account that owns `address`.
   */
  readonly accountId?: string;
  /** The operation for which the password is checked. */
  readonly during: 'login' | 'password-change' | 'verification' | 'email-change' | 'erasure' | 'export';
  /** The id of the signed-in account that makes the password attempt. Absent if nobody is signed in. */
  readonly actor?: string;
}

/**
 * Checks a password, and limits the number of attempts per email address. Counts each attempt before it runs
 * `check`, so that concurrent guesses cannot bypass the limit. Takes the count back if the password is
 * correct or could not be checked. Wrong passwords and refused attempts are recorded as security events.
 * @param check checks the password; resolves with undefined if the password is wrong
 * @throws Refused (rate_limited), and whatever `check` throws
 */
export async function limitPasswordAttempts<T>(
  deps: Needs,
  { address, accountId, during, actor = 'unknown' }: Attempt,
  context: UseCaseContext,
  check: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { limits, audit } = deps;
  const network = toIpLimitKey(context.ip);
  const attempt = { during, actor, ...(accountId !== undefined && { accountId }) } as const;
  const about = accountId === undefined ? { address } : {};

  function assertNotLocked(allowance: RateLimitDecision, limit: 'address' | 'ip'): void {
    if (!allowance.allowed)
      audit.record({
        origin: context,
        occurrence: { type: 'LoginLocked', data: { ...attempt, limit } },
        ...(limit === 'address'
          ? { ...about, onceAMinuteFor: `address ${address}` }
          : { onceAMinuteFor: `ip ${network}` }),
      });
    assertRateLimitAllows(allowance);
  }

  assertNotLocked(await limits.peek('login-ip', network), 'ip');
  const counted = await limits.take('login-address', address);
  if (!counted.allowed && !(await isKnownSource(deps, { address, ip: context.ip }))) {
    await runBestEffort(() => requestNotice(deps, address, context));
    assertNotLocked(counted, 'address');
  }
  async function giveBack(): Promise<void> {
    if (counted.allowed) await runBestEffort(() => limits.giveBack('login-address', address));
  }
  const result = await check().catch(async (error: unknown) => {
    await giveBack();
    throw error;
  });
  if (result === undefined) {
    const occurrence = { type: 'LoginFailed', data: { ...attempt, reason: 'password' } } as const;
    audit.record({ origin: context, occurrence, ...about });
    await limits.take('login-ip', network).catch(async (error: unknown) => {
      // The attempt could not be counted against the limit of the IP address, so the client gets this
      // error and does not learn that the password was wrong. Such an attempt must not count against the
      // limit of the address.
      await giveBack();
      throw error;
    });
  } else await giveBack();
  return result;
}

/**
 * Checks the password of an account.
 * @returns the stored hash that the password matches; undefined if the password is wrong
 * @throws Refused (overloaded)
 */
export async function checkPassword(
  { passwords }: Pick<UseCaseDeps, 'passwords'>,
  password: string,
  { address, passwordHash }: Pick<LivingAccount, 'address' | 'passwordHash'>,
  context: UseCaseContext,
): Promise<string | undefined> {
  const { stored } = await passwords.find(password, address, context, (hash) =>
    isSameHash(hash, passwordHash),
  );
  return stored;
}

/**
 * Confirms a mailed link with the password of its account. An incorrect password counts as a failed login.
 * @param confirm runs the command of the link. It gets the hash of the entered password, and must refuse the
 * command as `password_required` if the account has a different hash
 * @throws Refused (rate_limited, overloaded)
 */
export async function confirmLinkByPassword(
  deps: Needs & Pick<UseCaseDeps, 'passwords'>,
  {
    account,
    password,
    during,
  }: Pick<Attempt, 'during'> & {
    readonly account: LivingAccount;
    readonly password: string;
  },
  context: UseCaseContext,
  confirm: (passwordHash: string) => Promise<AccountCommandOutcome>,
): Promise<AccountCommandOutcome> {
  const { address, userId: accountId } = account;
  const outcome = await limitPasswordAttempts(deps, { address, accountId, during }, context, async () => {
    const { current, stored: passwordHash = current } = await deps.passwords.find(
      password,
      address,
      context,
      (hash) => isSameHash(hash, account.passwordHash),
    );
    const confirmed = await confirm(passwordHash);
    return confirmed.refusal === 'password_required' ? undefined : confirmed;
  });
  return outcome ?? { state: account, facts: [], refusal: 'password_incorrect' };
}

/**
 * Requests a mail that tells the owner of an address about a lockout. Requests at most one mail per day, or a
 * second one if the store did not confirm that it recorded the first request. A worker looks up the owner
 * later, so the response time does not reveal whether the address has an owner.
 */
async function requestNotice(
  deps: Needs,
  address: string,
  { correlationId, traceparent }: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const { limits } = deps;
  // During a lockout, most attempts find that the mail about the lockout has already been requested. Reading
  // the limit costs less than taking a point and giving it back.
  if (!(await limits.peek('lockout-notice', address)).allowed) return;
  await runEvenIfRateLimited(deps, [{ limit: 'lockout-notice', key: address }], async ({ allowed }) => {
    const request = { id: deps.newId(), kind: 'lockout', address } as const;
    if (allowed) await queueMailRequest(deps, request, { correlationId, traceparent });
    return {};
  });
}

/**
 * How many sessions of the account are searched for the client's IP address, starting with the newest login.
 */
const RECENT_SESSIONS = 50;

/**
 * Returns whether an IP address is known for an email address: the owner of the email address is signed in
 * from the IP address, or has recently signed in or used a mailed link from it (see `TrustedEmailIpPair`). A
 * known IP address is exempt from the login limit of the email address, because otherwise anybody could lock
 * the owner out. Takes the same steps for every email address, so that the response time reveals nothing.
 */
async function isKnownSource(deps: Needs, { address, ip }: Source): Promise<boolean> {
  const trusted = await deps.trustedAddresses.isTrusted({ address, ip }, deps.now());
  const account = await findAccountByAddress(deps, address);
  const { userId } = account ?? { userId: NONEXISTENT_ACCOUNT_ID };
  const sessions = await deps.sessions.list(userId, deps.now(), { limit: RECENT_SESSIONS });
  const isSignedIn = sessions.some(
    (session) =>
      account !== undefined &&
      toIpLimitKey(session.ip) === toIpLimitKey(ip) &&
      computeSessionStatus(account, session) === 'active',
  );
  return trusted || isSignedIn;
}
