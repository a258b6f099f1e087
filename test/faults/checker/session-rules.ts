/**
 * Rules about sessions that do not depend on the order of concurrent operations: which account a response is
 * about, what ends sessions, and which tokens the user service accepts.
 */
import type { HistoryLine } from '../run-folder.ts';
import { decodeTokenClaims, mayAccessTokenHaveExpired } from './access-token.ts';
import { type CommandCheckContext, indexCommandsById, isAcknowledged, normaliseAddress } from './commands.ts';
import { computeProfile } from './fold.ts';
import { type JournalEvent, listEventsByAccount } from './journal.ts';
import { getIssuedTokens, type TokenPosition } from './refresh-tokens.ts';
import { createViolations, type Violation } from './report.ts';

/** The operations in which callers read or change their own account. The access token names this account. */
const OF_ONESELF: ReadonlySet<string> = new Set([
  'me',
  'logout-all',
  'change-password',
  'profile',
  'verification-request',
  'erase',
  'change-email',
]);
/** The operations on an account whose id is in the request. */
const OF_ANOTHER: ReadonlySet<string> = new Set([
  'verify',
  'reset',
  'role',
  'disable',
  'enable',
  'erase-other',
  'keep-account',
  'confirm-email',
  'undo-email',
]);

/** Checks that each successful response is about the account that its request named. */
export function checkAccountsInResponses({ history }: CommandCheckContext): readonly Violation[] {
  return history.filter(isAcknowledged).flatMap((command) => {
    const { op, id } = command;
    const wrong = answererFault(command);
    return wrong === undefined
      ? []
      : createViolations('answering account', `${op} ${id} was answered ${wrong}`);
  });
}

function answererFault(command: HistoryLine): string | undefined {
  const { op, request, answer, accountSequence, accessToken } = command;
  const shown = (answer ?? {}) as {
    readonly id?: string;
    readonly user?: { readonly id?: string; readonly email?: string };
  };
  const tokens = getIssuedTokens(command);
  if (tokens !== undefined && shown.user?.id !== tokens.access.sub) return 'with tokens of another account';
  if (op === 'login' && normaliseAddress(shown.user?.email) !== normaliseAddress(request['email']))
    return 'for another address';
  const [of] = accountSequence?.split(':') ?? [];
  if (OF_ONESELF.has(op)) {
    const own = decodeTokenClaims(accessToken)?.sub;
    if (of !== undefined && of !== own) return 'by another account than its token is for';
    if (op === 'me' && shown.id !== own) return 'with the profile of another account';
  }
  if (OF_ANOTHER.has(op) && of !== undefined && of !== request['accountId']) return 'by another account';
  return undefined;
}

/** Maps each reason that a SessionsRevoked event may have to the operations that may have caused the event. */
const CAUSES: Readonly<Record<string, readonly string[]>> = {
  'logout-all': ['logout-all'],
  'password-changed': ['reset', 'change-password', 'verify', 'undo-email'],
  'role-changed': ['role'],
  disabled: ['disable', 'erase', 'erase-other'],
  admin: ['revoke-sessions'],
};

/** Checks that each SessionsRevoked was caused by a command that ends sessions, or by the reuse of a refresh token. */
export function checkRevocations(
  { journal, history }: CommandCheckContext,
  places: ReadonlyMap<string, TokenPosition>,
): readonly Violation[] {
  const commands = indexCommandsById(history);
  const uses = usesOf(history, places);
  return listEventsByAccount(journal).flatMap(([id, events]) =>
    events
      .filter(({ type }) => type === 'SessionsRevoked')
      .filter(
        (event) => !isCaused(event, { command: commands.get(event.commit.correlationId), uses, places }),
      )
      .flatMap(({ sequence, data }) =>
        createViolations('revocations', `event ${sequence} of ${id} (${data.reason}) has no cause`),
      ),
  );
}

interface Evidence {
  readonly command: HistoryLine | undefined;
  readonly uses: readonly Use[];
  readonly places: ReadonlyMap<string, TokenPosition>;
}

function isCaused(event: JournalEvent, { command, uses, places }: Evidence): boolean {
  const { reason = '', sessionId } = event.data;
  if (reason === 'ended') return event.commit.events.some(({ type }) => type === 'RegistrationEnded');
  // The history does not contain the ops command with which an operator created the first admin.
  if (command === undefined) return reason === 'role-changed' || reason === 'admin';
  if (reason !== 'refresh-reuse') {
    const subject = command.request['accountId'] ?? decodeTokenClaims(command.accessToken)?.sub;
    return CAUSES[reason]?.includes(command.op) === true && subject === event.subject;
  }
  const place = places.get(String(command.request['refreshToken']));
  if (command.op !== 'refresh' || place?.account !== event.subject) return false;
  if (sessionId !== undefined && sessionId !== place.session) return false;
  const answered = command.answeredAt === null ? Number.POSITIVE_INFINITY : Date.parse(command.answeredAt);
  return uses.some(({ session, n, at }) => session === place.session && n > place.n && at <= answered);
}

interface Use extends Pick<TokenPosition, 'session' | 'n'> {
  readonly at: number;
}

/** Maps each refresh token to the commands that used it, whether or not they had a response. */
function usesOf(history: readonly HistoryLine[], places: ReadonlyMap<string, TokenPosition>): readonly Use[] {
  return history
    .filter(({ op }) => op === 'refresh')
    .flatMap(({ request, sentAt }) => {
      const place = places.get(String(request['refreshToken']));
      return place === undefined ? [] : [{ session: place.session, n: place.n, at: Date.parse(sentAt) }];
    });
}

/**
 * Checks the user service's decisions about access tokens. It must accept no token that the profile in its
 * response shows to be revoked, and may refuse a token only if the token may be revoked or expired.
 */
export function checkTokenAcceptance({ journal, history }: CommandCheckContext): readonly Violation[] {
  const commands = indexCommandsById(history);
  return history
    .filter(({ op }) => op === 'me')
    .flatMap((command) => {
      const claims = decodeTokenClaims(command.accessToken);
      if (claims === undefined) return [];
      const { id, status, answer, answeredAt } = command;
      const events = journal.events.get(claims.sub) ?? [];
      if (status === 200) {
        const { version = 0 } = (answer ?? {}) as { readonly version?: number };
        const { revokedAt, disabled, ended } = computeProfile(claims.sub, events.slice(0, version));
        return claims.seq < revokedAt || disabled || ended
          ? createViolations(
              'reader access',
              `me ${id} was answered with a token that version ${version} has revoked`,
            )
          : [];
      }
      if (status !== 401) return [];
      const answered = Date.parse(answeredAt ?? '');
      const mayHaveEnded = events.some(
        (event) => ends(event, claims.seq) && beganBy(event, commands) <= answered,
      );
      return mayAccessTokenHaveExpired(command) || mayHaveEnded
        ? []
        : createViolations('reader access', `me ${id} was refused although nothing had ended its session`);
    });
}

const ENDINGS: ReadonlySet<string> = new Set([
  'AccountDisabled',
  'AccountErasureRequested',
  'AccountErased',
  'RegistrationEnded',
]);

function ends({ type, sequence }: JournalEvent, seq: number): boolean {
  if (ENDINGS.has(type)) return true;
  return type === 'SessionsRevoked' && sequence > seq;
}

/** Returns the earliest time at which an event can have happened: the time when its command was sent. */
function beganBy({ commit }: JournalEvent, commands: ReadonlyMap<string, HistoryLine>): number {
  const command = commands.get(commit.correlationId);
  return command === undefined ? Number.NEGATIVE_INFINITY : Date.parse(command.sentAt);
}
