/** The rate limits that the checker knows: which commands each limit counts, and under which keys. */
import type { HistoryLine } from '../run-folder.ts';
import { decodeTokenClaims } from './access-token.ts';
import { groupAccountIdsByAddress, normaliseAddress } from './commands.ts';
import type { Journal } from './journal.ts';

export const TOO_MANY_REQUESTS = 429;

/** The accounts of each address, and the addresses of each account. */
export interface AddressIndex {
  /** Returns the accounts that have ever had an address. */
  accountsOf(address: unknown): readonly string[];
  /** Returns the addresses that an account has ever had. */
  addressesOf(account: string): readonly string[];
}

export function indexAddresses(journal: Journal): AddressIndex {
  const accounts = groupAccountIdsByAddress(journal);
  const pairs = [...accounts].flatMap(([address, ids]) => ids.map((id) => ({ id, address })));
  const addresses = Map.groupBy(pairs, ({ id }) => id);
  return {
    accountsOf: (address) => accounts.get(normaliseAddress(address)) ?? [],
    addressesOf: (account) => (addresses.get(account) ?? []).map(({ address }) => address),
  };
}

export interface RateLimit {
  /** The name of the setting that contains the limit. */
  readonly setting: string;
  /** The operations that the limit counts, and may refuse. */
  readonly ops: readonly string[];
  /** Returns the keys under which the limit may count a command. */
  keysOf(command: HistoryLine, book: AddressIndex): readonly string[];
  /** Returns whether this limit may have counted a command that was refused for another reason than a limit. */
  mayCountRefused(command: HistoryLine): boolean;
  /**
   * Whether commands over this limit are refused. Limits on mails are not strict: commands over them are
   * accepted, but no mail is sent.
   */
  readonly isStrict?: true;
  /** Whether the count of this limit starts again at zero when the account gets a new password. */
  readonly startsAgain?: true;
  /**
   * Whether the limit counts a command only while it is processed, and then takes it back if the command
   * succeeds.
   */
  readonly isHeldMeanwhile?: true;
}

const WRONG_PASSWORD: ReadonlySet<string | null> = new Set([
  'invalid_credentials',
  'current_password_incorrect',
  'password_incorrect',
  'password_required',
]);

function isWrongPassword({ code }: HistoryLine): boolean {
  return WRONG_PASSWORD.has(code);
}

/**
 * Creates a limit on the mails that requests of one kind cause. The limit counts the mails to each address.
 * @param op the kind of request
 * @param name the field of the request with the address
 */
function ofMails(op: string, name = 'email'): RateLimit {
  return {
    setting: 'LIMIT_MAILS_PER_ADDRESS',
    ops: [op],
    keysOf: ({ request }) => [normaliseAddress(request[name])],
    mayCountRefused: (command) => !isWrongPassword(command),
  };
}

/**
 * Creates a limit on requests that people make about their own account. A request with a wrong password is
 * refused before the limit counts it.
 */
function ofAccount(op: string, setting: string): RateLimit {
  return {
    setting,
    ops: [op],
    keysOf: ({ accessToken }) => accountsIn(accessToken),
    mayCountRefused: (command) => !isWrongPassword(command),
    isStrict: true,
  };
}

function accountsIn(accessToken: string | null): readonly string[] {
  const claims = decodeTokenClaims(accessToken);
  return claims === undefined ? [] : [claims.sub];
}

function accountsOfLogin({ request, answer }: HistoryLine, { accountsOf }: AddressIndex): readonly string[] {
  const { user } = (answer ?? {}) as { readonly user?: { readonly id?: string } };
  return user?.id === undefined ? accountsOf(request['email']) : [user.id];
}

const LOGINS: readonly string[] = ['login', 'final-login'];

function addressesOfAttempt(command: HistoryLine, { addressesOf }: AddressIndex): readonly string[] {
  const { op, request, accessToken } = command;
  if (LOGINS.includes(op)) return [normaliseAddress(request['email'])];
  const [account = String(request['accountId'])] = accountsIn(accessToken);
  return addressesOf(account);
}

export const rateLimits: readonly RateLimit[] = [
  ofMails('sign-up'),
  ofMails('verification-request'),
  ofMails('reset-request'),
  ofMails('change-email', 'newEmail'),
  ofAccount('profile', 'LIMIT_PROFILE_CHANGES'),
  ofAccount('change-email', 'LIMIT_EMAIL_CHANGES'),
  ofAccount('logout-all', 'LIMIT_LOGOUTS_EVERYWHERE'),
  ofAccount('change-password', 'LIMIT_PASSWORD_CHANGES'),
  ofAccount('erase', 'LIMIT_ERASURE_REQUESTS'),
  {
    setting: 'LIMIT_LOGINS',
    ops: LOGINS,
    keysOf: accountsOfLogin,
    mayCountRefused: () => false,
    isStrict: true,
    startsAgain: true,
  },
  {
    setting: 'LIMIT_LOGIN_FAILURES_PER_ADDRESS',
    ops: [...LOGINS, 'verify', 'change-password', 'erase', 'change-email', 'confirm-email'],
    keysOf: addressesOfAttempt,
    mayCountRefused: isWrongPassword,
    isHeldMeanwhile: true,
  },
];
