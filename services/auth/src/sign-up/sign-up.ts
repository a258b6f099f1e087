/**
 * Sign-up. A pending account is created even if the address already has an account, so that neither the
 * response nor its duration reveals this. With SIGNUP_REVEALS_EXISTING, a sign-up with the address of a
 * verified account is refused instead.
 */
import { findAddressOwnerId } from '../addresses/owners.ts';
import { deriveCommandId } from '../command-id.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import {
  bindIdempotencyKeyToBody,
  deriveCommandIdFromIdempotencyKey,
  type RepeatableOperation,
} from '../idempotency.ts';
import { toIpLimitKey, toNetworkLimitKey } from '../limits/ip-key.ts';
import { getRateLimitChargesForMail } from '../limits/mail-budget.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { assertPasswordLength, assertStrongPassword } from '../passwords/new-password.ts';
import type { Commit } from '../ports/journal.ts';
import { Refused } from '../refused.ts';
import { queueMailRequest } from '../requests/written-requests.ts';
import { createMailedLink } from '../tokens/links.ts';

/**
 * The maximum number of pending sign-ups per address. A further sign-up creates no account, but requests a
 * new link for the newest pending sign-up.
 */
const MAX_PENDING_SIGN_UPS_PER_ADDRESS = 5;

export interface SignUpRequest {
  readonly email: { readonly stored: string; readonly canonical: string };
  readonly password: string;
  readonly username: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly locale: string;
}

export interface SignUpResult {
  /**
   * The id of the new account. If no account was created, an unused id, so that the response looks the same.
   */
  readonly userId: string;
}

type Needs = Pick<
  UseCaseDeps,
  | 'accounts'
  | 'bodyDigest'
  | 'idempotencyKeys'
  | 'journal'
  | 'limits'
  | 'linkTokens'
  | 'newId'
  | 'now'
  | 'oneAtATime'
  | 'passwordRules'
  | 'passwords'
  | 'registrations'
  | 'requests'
  | 'sealer'
  | 'settings'
  | 'wakeWorker'
>;

/**
 * Signs a person up.
 * @throws Refused (rate_limited, password_too_weak, idempotency_key_reused, overloaded;
 * email_already_registered only if the settings allow revealing that an address is in use)
 */
export async function signUp(
  deps: Needs,
  person: SignUpRequest,
  context: UseCaseContext,
): Promise<SignUpResult> {
  assertPasswordLength(deps, person.password, 'password');
  const operation = { route: 'signup', network: toNetworkLimitKey(context.ip) } as const;
  const commandId = deriveCommandIdFromIdempotencyKey(deps, operation, context);
  return await deps.oneAtATime(commandId, async () => {
    const { earlier, ...command } = await findCommand(deps, commandId);
    if (earlier !== undefined) return { userId: registeredBy(earlier) ?? deps.newId() };
    return signUpOnce(deps, person, operation, { ...context, ...command });
  });
}

interface SignUpCommand {
  readonly commandId: string | undefined;
  /** The commit of the sign-up command, if the command has already been carried out. */
  readonly earlier?: Commit;
}

/**
 * Determines the command id of a sign-up request. If a request is repeated, the response is normally that of
 * the first request. But if the account of the first request has ended in the meantime, nobody could use it,
 * so the repeated request must create a new account. It therefore gets a new command id, which is derived
 * from the id of the ended account.
 */
async function findCommand(
  deps: Pick<Needs, 'accounts'>,
  commandId: string | undefined,
): Promise<SignUpCommand> {
  if (commandId === undefined) return { commandId };
  const earlier = await deps.accounts.carriedOut(commandId);
  if (earlier === undefined) return { commandId };
  const { status } = await deps.accounts.load(earlier.stream);
  if (status !== 'ended') return { commandId, earlier };
  return findCommand(deps, deriveCommandId(commandId, 'signup', earlier.stream));
}

type CommandContext = UseCaseContext & { readonly commandId: string | undefined };

async function signUpOnce(
  deps: Needs,
  person: SignUpRequest,
  operation: RepeatableOperation,
  context: CommandContext,
): Promise<SignUpResult> {
  const { ip } = context;
  const { email, password, username, firstName, lastName } = person;
  const { canonical: address } = email;
  const signUps = { limit: 'signup-ip', key: toIpLimitKey(ip) } as const;
  const { userId } = await runWithinLimits(deps, [signUps], async () => {
    // Check the password only after the request was counted. A request with a weak password must count too,
    // because estimating the password blocks the process for milliseconds.
    await assertStrongPassword(
      deps,
      password,
      { email: email.stored, username, firstName, lastName },
      'password',
    );
    await bindIdempotencyKeyToBody(deps, operation, context);
    if (deps.settings.revealExisting) await assertUnowned(deps, address);
    // If the mail limit is reached, the sign-up is refused: without the mail, nobody could verify the
    // account.
    return runWithinLimits(deps, getRateLimitChargesForMail('sign-up', address, ip), () =>
      register(deps, person, context),
    );
  });
  return { userId };
}

/**
 * Returns the account that the commit of a sign-up has registered; undefined if the commit only caused a mail
 * for another account.
 */
function registeredBy({ stream, events }: Pick<Commit, 'stream' | 'events'>): string | undefined {
  return events[0]?.type === 'UserRegistered' ? stream : undefined;
}

/**
 * Creates the account of a sign-up. Does the same work for every address, so that the response time reveals
 * nothing.
 */
async function register(
  deps: Needs,
  { email, password, ...person }: SignUpRequest,
  context: CommandContext,
): Promise<SignUpResult & { readonly repeated: boolean }> {
  const { accounts, registrations, passwords, newId } = deps;
  const { stored, canonical: address } = email;
  const { commandId, ...origin } = context;
  const passwordHash = await passwords.hash(password, address, context);
  const userId = newId();
  const link = await createMailedLink(deps, 'verification', { userId, email: stored });

  // Do not load the pending accounts, because the response time would reveal how many there are.
  if ((await registrations.living(address)).length >= MAX_PENDING_SIGN_UPS_PER_ADDRESS) {
    const id = commandId ?? newId();
    const added = await queueMailRequest(deps, { id, kind: 'verification', address }, context);
    return { userId, repeated: !added };
  }
  const { firstName, lastName, username, locale } = person;
  const { facts, repeated = false } = await accounts.create(
    userId,
    { ...origin, ...(commandId !== undefined && { commandId }) },
    async () => ({
      type: 'Register',
      userId,
      address,
      email: stored,
      username,
      ...(firstName !== undefined && { firstName }),
      ...(lastName !== undefined && { lastName }),
      locale,
      passwordHash,
      link,
      owner: await findAddressOwnerId(deps, address),
    }),
  );
  const [registered] = facts;
  return { userId: registered?.type === 'UserRegistered' ? registered.data.userId : userId, repeated };
}

async function assertUnowned(deps: Pick<UseCaseDeps, 'journal'>, address: string): Promise<void> {
  if ((await findAddressOwnerId(deps, address)) !== undefined) throw new Refused('email_already_registered');
}
