import {
  publicAccessPolicy,
  type RequestContext,
  type Route,
  type RouteResponse,
  standardProblems,
} from '@latchkey/http';
import { z } from 'zod';
import { emailAddressSchema } from '../../addresses/email.ts';
import type { Session } from '../../ports/sessions.ts';
import { Refused } from '../../refused.ts';
import { login, type SignInResult } from '../../sessions/login.ts';
import { refreshSession } from '../../sessions/refresh.ts';
import { endSession, listSessions, logout, logoutEverywhere } from '../../sessions/sessions.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import {
  createPageLimitSchema,
  encodeSessionCursor,
  nextCursorSchema,
  sessionCursorSchema,
} from '../cursor.ts';
import type { RouteDeps } from '../deps.ts';
import { defineOperationRoute } from '../operation.ts';
import { refusalProblemSpecs } from '../problems.ts';
import { passwordTextSchema } from '../schemas.ts';
import {
  createAccountSequenceHeader,
  createResponseSpecWithAccountSequence,
  signedInAccountSchema,
  toSignedInAccountView,
} from '../views.ts';

export function createSessionRoutes(deps: RouteDeps): readonly Route[] {
  return [
    loginRoute(deps),
    refreshRoute(deps),
    logoutRoute(deps),
    logoutAllRoute(deps),
    listSessionsRoute(deps),
    endSessionRoute(deps),
  ];
}

const tokens = z
  .object({
    accessToken: z.string(),
    refreshToken: z.string().optional().meta({ description: 'Absent if it is sent in the cookie.' }),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().meta({ description: 'Seconds until the access token expires.' }),
    user: signedInAccountSchema,
  })
  .meta({ id: 'Tokens' });

const LONGEST_REFRESH_TOKEN = 512;
const refreshToken = z
  .string()
  .max(LONGEST_REFRESH_TOKEN)
  .regex(/^[\w.-]+$/, 'must be a refresh token');
const refreshBody = z.object({ refreshToken: refreshToken.optional() });

/**
 * Returns the response to a sign-in or refresh.
 * @param cookies the `Set-Cookie` headers that contain the refresh token; if undefined, the refresh token is
 * in the body of the response
 */
function tokensAnswer(
  { accessToken, refreshToken, expiresIn, state }: SignInResult,
  cookies: readonly string[] | undefined,
): RouteResponse {
  return {
    status: 200,
    body: {
      accessToken,
      ...(cookies === undefined && { refreshToken }),
      tokenType: 'Bearer',
      expiresIn,
      user: toSignedInAccountView(state),
    },
    ...(cookies !== undefined && { headers: { 'Set-Cookie': cookies } }),
  };
}

function loginRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'login',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/login`,
    tag: 'sessions',
    summary: 'Sign in',
    description:
      'Unverified accounts may sign in. With `tokens: "cookie"` the refresh token is sent in an HttpOnly cookie only.',
    policy: publicAccessPolicy,
    body: z.object({
      email: emailAddressSchema,
      password: passwordTextSchema,
      tokens: z.enum(['body', 'cookie']).default('body'),
    }),
    answers: { 200: { description: 'Tokens.', schema: tokens, headers: ['Set-Cookie'] } },
    problems: [
      refusalProblemSpecs.invalid_credentials,
      refusalProblemSpecs.account_disabled,
      standardProblems.rate_limited,
    ],
    handle: async (request) => {
      const { email, password, tokens: where } = request.body;
      const signedIn = await login(deps, { address: email.canonical, password }, toUseCaseContext(request));
      return tokensAnswer(
        signedIn,
        where === 'cookie' ? deps.cookie.set(request, signedIn.refreshToken) : undefined,
      );
    },
  });
}

function refreshRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'refresh',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/refresh`,
    tag: 'sessions',
    summary: 'Exchange a refresh token for new tokens',
    description:
      'In case a response was lost, the previous refresh token returns the current one for REFRESH_REUSE_MINUTES, only to the same user agent, and only until the current one has been used. After that, a request with the previous token ends the session. With the cookie, no body is needed.',
    policy: publicAccessPolicy,
    credentials: deps.cookie.credentials,
    body: refreshBody,
    accepts: ['none', 'json'],
    answers: { 200: { description: 'Tokens.', schema: tokens, headers: ['Set-Cookie'] } },
    problems: [refusalProblemSpecs.refresh_token_invalid, deps.cookie.problem, standardProblems.conflict],
    handle: async (request) => {
      const sentToken = tokenFromCookieOrBody(deps, request, request.body.refreshToken);
      if (sentToken === undefined) throw new Refused('refresh_token_invalid');
      const signedIn = await refreshSession(deps, sentToken.token, toUseCaseContext(request));
      return tokensAnswer(
        signedIn,
        sentToken.isCookie ? deps.cookie.set(request, signedIn.refreshToken) : undefined,
      );
    },
  });
}

function logoutRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'logout',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/logout`,
    tag: 'sessions',
    summary: 'End the session of a refresh token',
    description: 'With the cookie, no body is needed. Without a refresh token, nothing happens.',
    policy: publicAccessPolicy,
    credentials: deps.cookie.credentials,
    body: refreshBody,
    accepts: ['none', 'json'],
    answers: { 204: { description: 'The session has ended, or never existed.', headers: ['Set-Cookie'] } },
    problems: [deps.cookie.problem],
    handle: async (request) => {
      const sentToken = tokenFromCookieOrBody(deps, request, request.body.refreshToken);
      if (sentToken !== undefined) await logout(deps, sentToken.token, toUseCaseContext(request));
      return {
        status: 204,
        headers: sentToken?.isCookie ? { 'Set-Cookie': deps.cookie.clear(request) } : {},
      };
    },
  });
}

/**
 * Returns the refresh token from the body of the request or, if the body has none, from the cookie; undefined
 * if both lack it.
 * @throws Problem (insufficient_permission) if the cookie comes from an origin that is not listed
 */
function tokenFromCookieOrBody(
  { cookie }: RouteDeps,
  request: RequestContext,
  bodyToken: string | undefined,
): { readonly token: string; readonly isCookie: boolean } | undefined {
  if (bodyToken !== undefined) return { token: bodyToken, isCookie: false };
  const cookieToken = cookie.read(request);
  return cookieToken === undefined ? undefined : { token: cookieToken, isCookie: true };
}

function logoutAllRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operationId: 'logoutAll',
    operation: 'logoutEverywhere',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/logout-all`,
    tag: 'sessions',
    summary: 'End every session of the account',
    policy: deps.guards.authenticated,
    answers: {
      204: createResponseSpecWithAccountSequence('Every session and every access token is revoked.'),
    },
    problems: [standardProblems.conflict, standardProblems.rate_limited],
    handle: async (request) => {
      const { state } = await logoutEverywhere(deps, request.caller, toUseCaseContext(request));
      return { status: 204, headers: createAccountSequenceHeader(state) };
    },
  });
}

const sessionView = z
  .object({
    id: z.uuid(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
    ip: z.string(),
    userAgent: z.string(),
    current: z.boolean(),
  })
  .meta({ id: 'Session' });

function viewSession(
  { id, createdAt, rotatedAt, ip, userAgent }: Session,
  currentId: string,
): z.infer<typeof sessionView> {
  return {
    id,
    createdAt: createdAt.toISOString(),
    lastUsedAt: rotatedAt.toISOString(),
    ip,
    userAgent,
    current: id === currentId,
  };
}

const SESSIONS_PAGE = 50;

function listSessionsRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'listSessions',
    method: 'GET',
    path: `${AUTH_BASE_PATH}/sessions`,
    tag: 'sessions',
    summary: 'List the sessions of the account',
    policy: deps.guards.authenticated,
    query: z.object({ limit: createPageLimitSchema(SESSIONS_PAGE), cursor: sessionCursorSchema.optional() }),
    answers: {
      200: {
        description: 'Newest login first.',
        schema: z.object({ sessions: z.array(sessionView), nextCursor: nextCursorSchema }),
      },
    },
    handle: async ({ caller, query: { limit, cursor } }) => {
      const { sessions, next } = await listSessions(deps, caller, { limit, after: cursor });
      return {
        status: 200,
        body: {
          sessions: sessions.map((session) => viewSession(session, caller.sessionId)),
          nextCursor: next === undefined ? null : encodeSessionCursor(next),
        },
      };
    },
  });
}

function endSessionRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'endSession',
    method: 'DELETE',
    path: `${AUTH_BASE_PATH}/sessions/:id`,
    tag: 'sessions',
    summary: 'End one session',
    policy: deps.guards.authenticated,
    params: z.object({ id: z.uuid() }),
    answers: { 204: { description: 'Ended.' } },
    problems: [standardProblems.not_found],
    handle: async (request) => {
      await endSession(deps, request.params.id, request.caller, toUseCaseContext(request));
      return { status: 204 };
    },
  });
}
