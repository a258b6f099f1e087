import {
  type Answer,
  anyone,
  problems,
  type RequestContext,
  type Route,
  validationFailed,
} from '@latchkey/http';
import { z } from 'zod';
import { emailAddress } from '../../credentials/email.ts';
import { passwordText } from '../../credentials/schemas.ts';
import type { SignedIn } from '../../use-cases/login.ts';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { operationRoute } from '../operation.ts';
import { refusals } from '../problems.ts';
import { signedInView, viewSignedIn } from '../views.ts';

const tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional().meta({ description: 'Absent where it is in the cookie.' }),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().meta({ description: 'Seconds until the access token ends.' }),
  user: signedInView,
});

const LONGEST_REFRESH_TOKEN = 512;
const refreshToken = z
  .string()
  .max(LONGEST_REFRESH_TOKEN)
  .regex(/^[\w.-]+$/, 'must be a refresh token');
const refreshBody = z.object({ refreshToken: refreshToken.optional() });

function answerOf(
  { accessToken, refreshToken, expiresIn, state }: SignedIn,
  cookie: string | undefined,
): Answer {
  return {
    status: 200,
    body: {
      accessToken,
      ...(cookie === undefined && { refreshToken }),
      tokenType: 'Bearer',
      expiresIn,
      user: viewSignedIn(state),
    },
    ...(cookie !== undefined && { headers: { 'Set-Cookie': cookie } }),
  };
}

export function loginRoute({ useCases, count, cookie }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'login',
    method: 'POST',
    path: `${BASE}/login`,
    tag: 'sessions',
    summary: 'Log in',
    description:
      'An unverified account may log in. With `tokens: "cookie"` the refresh token goes into an HttpOnly cookie alone.',
    policy: anyone,
    body: z.object({
      email: emailAddress,
      password: passwordText,
      tokens: z.enum(['body', 'cookie']).default('body'),
    }),
    answers: { 200: { description: 'Tokens.', schema: tokens, headers: ['Set-Cookie'] } },
    problems: [refusals.invalid_credentials, refusals.account_disabled, problems.rate_limited],
    handle: async (request) => {
      const { email, password, tokens: where } = request.body;
      const signedIn = await useCases.login(email.canonical, password, contextOf(request));
      return answerOf(signedIn, where === 'cookie' ? cookie.set(signedIn.refreshToken) : undefined);
    },
  });
}

export function refreshRoute(deps: RouteDeps): Route {
  return operationRoute(deps.count, {
    operation: 'refresh',
    method: 'POST',
    path: `${BASE}/refresh`,
    tag: 'sessions',
    summary: 'New tokens for a refresh token',
    description:
      'The old one dies, with ten seconds of grace for a lost answer. One presented later ends every session.',
    policy: anyone,
    body: refreshBody,
    answers: { 200: { description: 'Tokens.', schema: tokens, headers: ['Set-Cookie'] } },
    problems: [refusals.refresh_token_invalid, deps.cookie.problem, problems.conflict],
    handle: async (request) => {
      const { token, inCookie } = presented(deps, request, request.body.refreshToken);
      const signedIn = await deps.useCases.refresh(token, contextOf(request));
      return answerOf(signedIn, inCookie ? deps.cookie.set(signedIn.refreshToken) : undefined);
    },
  });
}

export function logoutRoute(deps: RouteDeps): Route {
  return operationRoute(deps.count, {
    operation: 'logout',
    method: 'POST',
    path: `${BASE}/logout`,
    tag: 'sessions',
    summary: 'End the session of a refresh token',
    policy: anyone,
    body: refreshBody,
    answers: { 204: { description: 'Ended, or never there.', headers: ['Set-Cookie'] } },
    problems: [deps.cookie.problem],
    handle: async (request) => {
      const { token, inCookie } = presented(deps, request, request.body.refreshToken);
      await deps.useCases.logout(token);
      return { status: 204, headers: inCookie ? { 'Set-Cookie': deps.cookie.clear() } : {} };
    },
  });
}

/** The token of the body, else of the cookie. @throws Problem (validation_failed, insufficient_permission) */
function presented(
  { cookie }: RouteDeps,
  request: RequestContext,
  inBody: string | undefined,
): { readonly token: string; readonly inCookie: boolean } {
  if (inBody !== undefined) return { token: inBody, inCookie: false };
  const inCookie = cookie.read(request);
  if (inCookie !== undefined) return { token: inCookie, inCookie: true };
  throw validationFailed([
    { pointer: '#/refreshToken', code: 'required', message: 'is required where no cookie has it' },
  ]);
}
