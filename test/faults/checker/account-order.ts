/**
 * Checks that, for each account, the responses to logins, refreshes, logouts and requests with access tokens
 * are linearizable: all operations on the account can be put into one order that explains the responses. The
 * journal determines the order of the commits, and `linearize` searches for the places of the other
 * operations. Only auth is checked here, because it reads its journal for each request. The user service may
 * be behind; see `checkTokenAcceptance`.
 */
import type { HistoryLine } from '../run-folder.ts';
import { decodeTokenClaims, mayAccessTokenHaveExpired } from './access-token.ts';
import {
  type CommandCheckContext,
  groupAccountIdsByAddress,
  indexCommandsById,
  isAcknowledged,
  normaliseAddress,
} from './commands.ts';
import { applyEventToProfile, EMPTY_PROFILE, type Profile } from './fold.ts';
import { type JournalEvent, listEventsByAccount } from './journal.ts';
import { linearize, type Operation } from './linearizable.ts';
import { getIssuedTokens, type TokenPosition } from './refresh-tokens.ts';
import { createViolations, type Violation } from './report.ts';
import type { Commit } from './stored.ts';

/** The state of an account after its first n commits. */
interface Standing {
  /**
   * The profile of the account. Access tokens are invalid if their `seq` is lower than the profile's
   * `revokedAt`.
   */
  readonly profile: Profile;
  /**
   * The current password of the account; undefined if the history of the run does not contain the request
   * that set the password.
   */
  readonly password: string | undefined;
  /** The sequence of the account's last event that ended all of its sessions. */
  readonly allRevokedAt: number;
  readonly revokedSessions: ReadonlySet<string>;
}

interface Session {
  readonly since: number;
  readonly n: number;
  readonly loggedOut: boolean;
}

interface State {
  /** The number of commits of the account that have happened so far. */
  readonly commits: number;
  readonly sessions: ReadonlyMap<string, Session>;
}

interface Account {
  readonly id: string;
  readonly commits: readonly Commit[];
  /** The states of the account in order. Item n is the state after the account's first n commits. */
  readonly standings: readonly Standing[];
}

/**
 * The maximum number of configurations that the search visits per account. Visiting them takes a few seconds
 * at most.
 */
const BUDGET = 20_000;

export interface LinearizabilityReport {
  readonly violations: readonly Violation[];
  /**
   * The number of accounts for which the search found an answer: the responses are linearizable, or they are
   * not.
   */
  readonly decided: number;
  /** The number of accounts for which the search was given up, because it exceeded `BUDGET`. */
  readonly undecided: number;
}

/** Checks for each account whether its logins, refreshes and revocations are linearizable. */
export function checkLinearizabilityPerAccount(
  context: CommandCheckContext,
  places: ReadonlyMap<string, TokenPosition>,
): LinearizabilityReport {
  const operations = operationsOf(context, places);
  const results = listEventsByAccount(context.journal).map(([id]) => ({
    id,
    verdict: linearize(operations(id), {
      initial: { commits: 0, sessions: new Map() },
      keyOf,
      budget: BUDGET,
    }),
  }));
  return {
    violations: results.flatMap(({ id, verdict }) =>
      verdict.kind === 'impossible'
        ? createViolations('account order', `${id}: no order of its commands explains ${verdict.stuckAt}`)
        : [],
    ),
    decided: results.filter(({ verdict }) => verdict.kind !== 'undecided').length,
    undecided: results.filter(({ verdict }) => verdict.kind === 'undecided').length,
  };
}

function keyOf({ commits, sessions }: State): string {
  return `${commits} ${Array.from(sessions, ([id, { since, n, loggedOut }]) => `${id} ${since} ${n} ${loggedOut}`).join()}`;
}

function operationsOf(context: CommandCheckContext, places: ReadonlyMap<string, TokenPosition>) {
  const { journal, history } = context;
  const commands = indexCommandsById(history);
  const accounts = new Map(
    listEventsByAccount(journal).map(([id, events]) => {
      const commits = journal.streams.get(id) ?? [];
      return [id, { id, commits, standings: standingsOf(commits, events, commands) }] as const;
    }),
  );
  const owners = groupAccountIdsByAddress(journal);
  const byAccount = Map.groupBy(
    history.flatMap((command) =>
      accountsOf(command, places, owners).map((account) => ({ account, command })),
    ),
    ({ account }) => account,
  );
  return (id: string): readonly Operation<State>[] => {
    const account = accounts.get(id);
    if (account === undefined) return [];
    return [
      ...account.commits.map((commit, index) => commitOperation(index, commit, commands)),
      ...(byAccount.get(id) ?? []).flatMap(({ command }) => commandOperations(account, command, places)),
    ];
  };
}

/** The names of the operations that the user service handles. The auth service handles all others. */
const USER_SERVICE_OPERATIONS: ReadonlySet<string> = new Set(['me', 'users']);

/**
 * Returns the accounts whose state must explain the response to a command. Empty if it is unknown which
 * accounts these are.
 */
function accountsOf(
  command: HistoryLine,
  places: ReadonlyMap<string, TokenPosition>,
  owners: ReturnType<typeof groupAccountIdsByAddress>,
): readonly string[] {
  const { op, request, accessToken } = command;
  if (op === 'login') {
    const account = getIssuedTokens(command)?.access.sub;
    if (account !== undefined) return [account];
    // Check a refused login only if exactly one account ever had its address. Otherwise it is unknown which
    // account auth looked at.
    const meant = owners.get(normaliseAddress(request['email'])) ?? [];
    return meant.length === 1 ? meant : [];
  }
  const holder = places.get(String(request['refreshToken']))?.account ?? decodeTokenClaims(accessToken)?.sub;
  return holder === undefined || USER_SERVICE_OPERATIONS.has(op) ? [] : [holder];
}

const NEW_ACCOUNT: Standing = {
  profile: EMPTY_PROFILE,
  password: undefined,
  allRevokedAt: 0,
  revokedSessions: new Set(),
};

function standingsOf(
  commits: readonly Commit[],
  events: readonly JournalEvent[],
  commands: ReadonlyMap<string, HistoryLine>,
): readonly Standing[] {
  const byCommit = Map.groupBy(events, ({ commit }) => commit);
  const standings = [NEW_ACCOUNT];
  let standing = NEW_ACCOUNT;
  for (const commit of commits) {
    for (const event of byCommit.get(commit) ?? []) {
      standing = standingAfter(standing, event, commands.get(commit.correlationId));
    }
    standings.push(standing);
  }
  return standings;
}

function standingAfter(before: Standing, event: JournalEvent, command: HistoryLine | undefined): Standing {
  const { type, data, sequence } = event;
  const standing = { ...before, profile: applyEventToProfile(before.profile, event) };
  switch (type) {
    case 'UserRegistered':
      return { ...standing, password: textOf(command?.request['password']) };
    case 'PasswordChanged':
      return { ...standing, password: textOf(command?.request['newPassword']) };
    case 'SessionsRevoked':
      return data.sessionId === undefined
        ? { ...standing, allRevokedAt: sequence }
        : { ...standing, revokedSessions: new Set([...before.revokedSessions, data.sessionId]) };
    default:
      return standing;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The operation whose request auth records before it responds, and processes only later. */
const LATER = 'reset-request';

function commitOperation(
  index: number,
  commit: Commit,
  commands: ReadonlyMap<string, HistoryLine>,
): Operation<State> {
  const command = commands.get(commit.correlationId);
  return {
    name: `commit ${commit.number}`,
    calledAt: command === undefined ? Number.NEGATIVE_INFINITY : Date.parse(command.sentAt),
    returnedAt: command === undefined || command.op === LATER ? Number.POSITIVE_INFINITY : returnOf(command),
    optional: false,
    readOnly: false,
    apply: (state) => (state.commits === index ? { ...state, commits: index + 1 } : undefined),
  };
}

/**
 * Returns the time by which an operation must have taken effect. A command without a response, or with a 5xx, may take
 * effect at any later time.
 */
function returnOf({ answeredAt, status }: HistoryLine): number {
  return answeredAt === null || status === null || status >= 500
    ? Number.POSITIVE_INFINITY
    : Date.parse(answeredAt);
}

type Apply = Operation<State>['apply'];

/** Problem codes of refusals that happen only after the access token has been accepted. */
const AFTER_THE_GUARD: ReadonlySet<string | null> = new Set([
  'account_not_verified',
  'insufficient_permission',
  'current_password_incorrect',
  'own_account',
  'last_admin',
  'password_incorrect',
  'email_unchanged',
  'email_change_recent',
  'conflict',
]);

function commandOperations(
  account: Account,
  command: HistoryLine,
  places: ReadonlyMap<string, TokenPosition>,
): readonly Operation<State>[] {
  const { op, id, status, code, request } = command;
  const returnedAt = returnOf(command);
  const isUnknown = returnedAt === Number.POSITIVE_INFINITY;
  function operation(what: string, readOnly: boolean, apply: Apply, optional = isUnknown): Operation<State> {
    return {
      name: `${what} ${id} (${status ?? 'no answer'})`,
      calledAt: Date.parse(command.sentAt),
      returnedAt,
      optional,
      readOnly,
      apply,
    };
  }

  switch (op) {
    case 'login': {
      if (isUnknown) return [];
      if (isAcknowledged(command)) return [operation(op, false, loggedIn(account, command))];
      if (code === 'invalid_credentials') {
        return [operation(op, true, refusedLogin(account, request))];
      }
      return code === 'account_disabled' ? [operation(op, true, disabledLogin(account))] : [];
    }
    case 'refresh': {
      const place = places.get(String(request['refreshToken']));
      if (place === undefined) return [];
      if (status === 200 || isUnknown) return [operation(op, false, refreshed(account, place, command))];
      return code === 'refresh_token_invalid' ? [operation(op, true, refusedRefresh(account, place))] : [];
    }
    case 'logout': {
      const place = places.get(String(request['refreshToken']));
      return place === undefined || !(isUnknown || isAcknowledged(command))
        ? []
        : [operation(op, false, loggedOut(place))];
    }
    default: {
      const guard =
        isAcknowledged(command) || AFTER_THE_GUARD.has(code)
          ? [operation(`the token of ${op}`, true, acceptedToken(account, command), false)]
          : status === 401 && !mayAccessTokenHaveExpired(command)
            ? [operation(`the token of ${op}`, true, refusedToken(account, command), false)]
            : [];
      const lift =
        op === 'change-password' && (isAcknowledged(command) || isUnknown)
          ? [operation('the kept session of', false, keptSession(account, command))]
          : [];
      return [...guard, ...lift];
    }
  }
}

function standingIn({ standings }: Account, { commits }: State): Standing {
  return standings[commits] ?? NEW_ACCOUNT;
}

function isLiving({ profile: { sequence, ended } }: Standing): boolean {
  return sequence > 0 && !ended;
}

function hasPassword({ password }: Standing, tried: unknown): boolean {
  return password === undefined || password === tried;
}

function hasAddress({ profile }: Standing, tried: unknown): boolean {
  return normaliseAddress(profile.email) === normaliseAddress(tried);
}

/** Returns whether the session exists and has not ended. */
function isActive(account: Account, state: State, id: string): boolean {
  const standing = standingIn(account, state);
  const session = state.sessions.get(id);
  return (
    isLiving(standing) &&
    !standing.profile.disabled &&
    session !== undefined &&
    !session.loggedOut &&
    session.since >= standing.allRevokedAt &&
    !standing.revokedSessions.has(id)
  );
}

function withSession(state: State, id: string, session: Session): State {
  return { ...state, sessions: new Map([...state.sessions, [id, session]]) };
}

function loggedIn(account: Account, command: HistoryLine): Apply {
  const { sid = '', seq = -1 } = getIssuedTokens(command)?.access ?? {};
  const { user } = (command.answer ?? {}) as { readonly user?: { readonly email?: string } };
  return (state) => {
    const standing = standingIn(account, state);
    const isPossible =
      isLiving(standing) &&
      !standing.profile.disabled &&
      standing.profile.sequence === seq &&
      hasAddress(standing, user?.email) &&
      hasPassword(standing, command.request['password']);
    return isPossible ? withSession(state, sid, { since: seq, n: 0, loggedOut: false }) : undefined;
  };
}

function refusedLogin(account: Account, { email, password }: HistoryLine['request']): Apply {
  return (state) => {
    const standing = standingIn(account, state);
    const mustWork =
      isLiving(standing) &&
      hasAddress(standing, email) &&
      standing.password !== undefined &&
      standing.password === password;
    return mustWork ? undefined : state;
  };
}

function disabledLogin(account: Account): Apply {
  return (state) => (standingIn(account, state).profile.disabled ? state : undefined);
}

/**
 * Returns the effect of a refresh on the state of an account. Each refresh replaces a token by a successor.
 * If the same token is exchanged again before the successor was used, auth may return the same successor
 * again, because all requests of a run come from the same user agent and network.
 */
function refreshed(account: Account, { session: id, n }: TokenPosition, command: HistoryLine): Apply {
  const { seq } = getIssuedTokens(command)?.access ?? {};
  return (state) => {
    const session = state.sessions.get(id);
    const isPossible =
      session !== undefined &&
      isActive(account, state, id) &&
      (seq === undefined || standingIn(account, state).profile.sequence === seq) &&
      (session.n === n || session.n === n + 1);
    return isPossible ? withSession(state, id, { ...session, n: n + 1 }) : undefined;
  };
}

function refusedRefresh(account: Account, { session: id, n }: TokenPosition): Apply {
  return (state) => {
    const { n: current = n } = state.sessions.get(id) ?? {};
    return isActive(account, state, id) && n >= current - 1 ? undefined : state;
  };
}

function loggedOut({ session: id }: TokenPosition): Apply {
  return (state) => {
    const session = state.sessions.get(id);
    return session === undefined ? state : withSession(state, id, { ...session, loggedOut: true });
  };
}

function acceptedToken(account: Account, { accessToken }: HistoryLine): Apply {
  const { sid = '', seq = -1 } = decodeTokenClaims(accessToken) ?? {};
  return (state) =>
    isActive(account, state, sid) && seq >= standingIn(account, state).profile.revokedAt ? state : undefined;
}

function refusedToken(account: Account, command: HistoryLine): Apply {
  const accepted = acceptedToken(account, command);
  return (state) => (accepted(state) === undefined ? state : undefined);
}

/** Returns the index of the commit that a command caused; -1 if it caused none. */
function ownCommit({ commits }: Account, id: string): number {
  return commits.findIndex(({ correlationId }) => correlationId === id);
}

/**
 * Returns the effect of a password change on the session in which it was made. The change ends all other
 * sessions of the account, but not this one. From then on, this session counts as if it had begun with the
 * commit of the change.
 */
function keptSession(account: Account, { id, accessToken }: HistoryLine): Apply {
  const { sid = '' } = decodeTokenClaims(accessToken) ?? {};
  const own = ownCommit(account, id);
  return (state) => {
    const session = state.sessions.get(sid);
    if (own === -1 || session === undefined || state.commits <= own) return undefined;
    const since = account.standings[own + 1]?.profile.revokedAt ?? 0;
    return withSession(state, sid, { ...session, since: Math.max(since, session.since) });
  };
}
