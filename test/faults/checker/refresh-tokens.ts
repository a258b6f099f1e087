/** The refresh tokens of each session, in the order in which they were issued. */
import type { HistoryLine } from '../run-folder.ts';
import { type AccessTokenClaims, decodeTokenClaims } from './access-token.ts';
import { createViolations, type Violation } from './report.ts';

/**
 * The place of a refresh token: the session to which it belongs, and its position among the tokens of that
 * session.
 */
export interface TokenPosition {
  readonly account: string;
  readonly session: string;
  /** The position of the token: the number of earlier refresh tokens of the session. */
  readonly n: number;
}

export interface TokenChains {
  readonly places: ReadonlyMap<string, TokenPosition>;
  readonly violations: readonly Violation[];
}

/** The tokens in a response to a login or a refresh. */
export interface IssuedTokens {
  readonly access: AccessTokenClaims;
  readonly refreshToken: string;
}

export function getIssuedTokens({ answer }: Pick<HistoryLine, 'answer'>): IssuedTokens | undefined {
  const { accessToken, refreshToken } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const access = decodeTokenClaims(accessToken);
  return access && typeof refreshToken === 'string' ? { access, refreshToken } : undefined;
}

/**
 * Follows the refresh tokens of each session, from its login on. Checks that each token has only one
 * successor, however often it is exchanged, and that both belong to the same session and account.
 */
export function traceRefreshTokens(history: readonly HistoryLine[]): TokenChains {
  const places = new Map<string, TokenPosition>();
  const successors = new Map<string, string>();
  const issuing = history
    .filter(({ op, status }) => (op === 'login' || op === 'refresh') && status === 200)
    .toSorted((a, b) => Date.parse(a.answeredAt ?? '') - Date.parse(b.answeredAt ?? ''));

  const violations = issuing.flatMap((command) => {
    const { op, id, request } = command;
    const tokens = getIssuedTokens(command);
    if (tokens === undefined)
      return createViolations('refresh tokens', `${op} ${id} was answered without tokens`);
    const { access, refreshToken } = tokens;
    const { sub: account, sid: session } = access;
    const used = String(request['refreshToken']);
    const parent = op === 'login' ? undefined : places.get(used);
    const place: TokenPosition = { account, session, n: parent === undefined ? 0 : parent.n + 1 };
    const known = places.get(refreshToken);
    places.set(refreshToken, known ?? place);
    if (op === 'login') {
      return known === undefined
        ? []
        : createViolations('refresh tokens', `login ${id} got a token that is in use`);
    }
    const earlier = successors.get(used);
    successors.set(used, refreshToken);
    return [
      ...(parent !== undefined && (parent.session !== session || parent.account !== account)
        ? createViolations('refresh tokens', `refresh ${id} got a token of another session`)
        : []),
      ...(earlier !== undefined && earlier !== refreshToken
        ? createViolations('refresh tokens', `refresh ${id} got a second successor of its token`)
        : []),
      ...(known !== undefined && known.n !== place.n
        ? createViolations('refresh tokens', `refresh ${id} got an older token again`)
        : []),
    ];
  });
  return { places, violations };
}
