import { anyone, type Policy, problems, type Route, validationFailed } from '@latchkey/http';
import { z } from 'zod';
import { existing } from '../../account/index.ts';
import { emailAddress } from '../../addresses/email.ts';
import type { Caller } from '../../deps.ts';
import { requestByAddress } from '../../requests/written-requests.ts';
import { rejectSignUp, renewVerification, verify, viewVerification } from '../../sign-up/verification.ts';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { htmlAnswer, linkProblemPage, linkProblems, localeOf, tokenParam } from '../link-page.ts';
import { operationRoute } from '../operation.ts';
import { refusals } from '../problems.ts';
import { passwordText } from '../schemas.ts';
import { changedOnPage, sequenceHeader } from '../views.ts';

export function verificationRoutes(deps: RouteDeps): readonly Route[] {
  return [viewVerificationRoute(deps), verifyRoute(deps), verificationRequestRoute(deps)];
}

const PATH = `${BASE}/verify/:token`;

function actionOf({ publicPath }: RouteDeps, token: string): string {
  return `${publicPath}${BASE}/verify/${encodeURIComponent(token)}`;
}

const body = z.object({
  password: passwordText.optional(),
  // A form can send `true` only as a text.
  reject: z.union([z.literal(true), z.literal('true').transform(() => true as const)]).optional(),
});

function viewVerificationRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return operationRoute(deps.count, {
    operation: 'viewVerification',
    method: 'GET',
    path: PATH,
    tag: 'verification',
    summary: 'The page of a verification link',
    description: 'Changes nothing: mail scanners follow links.',
    policy: anyone,
    secretPath: true,
    params: tokenParam,
    answers: { 200: { description: 'A page with a button to confirm.', media: ['text/html'] } },
    problems: linkProblems,
    problemPage: linkProblemPage(pages, 'verification'),
    handle: async ({ params: { token } }) => {
      const view = await viewVerification(deps, token);
      return htmlAnswer(pages.verification({ ...view, action: actionOf(deps, token) }));
    },
  });
}

function verifyRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return operationRoute(deps.count, {
    operation: ({ body: { reject } }) => (reject ? 'rejectSignUp' : 'verify'),
    method: 'POST',
    path: PATH,
    tag: 'verification',
    summary: 'Verify an account, or reject its sign-up',
    description:
      'A used link answers 200 again. While the address has other living sign-ups, the password of this one is needed.',
    policy: anyone,
    secretPath: true,
    params: tokenParam,
    body,
    accepts: ['none', 'json', 'form'],
    answers: {
      200: changedOnPage('Verified, or rejected.'),
      400: { description: 'The form again, to a form.', media: ['text/html'] },
    },
    problems: [...linkProblems, refusals.password_required, problems.conflict, problems.rate_limited],
    problemPage: linkProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { token } = request.params;
      const { password, reject } = request.body;
      const { state } = reject
        ? await rejectSignUp(deps, token, contextOf(request))
        : await verify(deps, { token, password }, contextOf(request));
      if (request.sentAs === 'form')
        return htmlAnswer(reject ? pages.rejected(existing(state)) : pages.verified(existing(state)));
      const message = reject ? 'Sign-up rejected' : 'Account verified successfully';
      return { status: 200, body: { message }, headers: sequenceHeader(state) };
    },
    formAgain: async ({ kind }, { params: { token } }) => {
      if (kind !== 'password_required') return undefined;
      const view = await viewVerification(deps, token);
      return pages.verification({ ...view, action: actionOf(deps, token), fault: kind });
    },
  });
}

function verificationRequestRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return operationRoute(deps.count, {
    operation: ({ caller }) => (caller === null ? 'requestByAddress' : 'renewVerification'),
    method: 'POST',
    path: `${BASE}/verification-request`,
    tag: 'verification',
    summary: 'Request a new verification link',
    description: "With an access token: for the caller's account. Otherwise by address.",
    policy: callerOrAnyone(deps.guards.authenticated),
    body: z.object({ email: emailAddress.optional() }),
    accepts: ['none', 'json', 'form'],
    answers: { 202: changedOnPage('Always, whether or not the account exists.') },
    problems: [problems.rate_limited, problems.conflict],
    problemPage: linkProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { caller, body } = request;
      const message = 'If there is an account to verify, a link has been sent.';
      if (caller !== null) {
        const state = await renewVerification(deps, caller, contextOf(request));
        return { status: 202, body: { message }, headers: sequenceHeader(state) };
      }
      if (body.email === undefined) {
        const fault = 'is required without an access token';
        throw validationFailed([{ pointer: '#/email', code: 'required', message: fault }]);
      }
      const address = body.email.canonical;
      await requestByAddress(deps, { kind: 'verification', address }, contextOf(request));
      if (request.sentAs === 'form')
        return htmlAnswer(pages.requested({ locale: localeOf(request), kind: 'verification' }), 202);
      return { status: 202, body: { message } };
    },
  });
}

/** The token is optional, but an invalid one is refused. */
function callerOrAnyone(authenticated: Policy<Caller>): Policy<Caller | null> {
  return {
    ...authenticated,
    who: 'anyone, or any living account',
    bearer: 'optional',
    authorise: async (request) =>
      request.headers['authorization'] === undefined ? null : authenticated.authorise(request),
  };
}
