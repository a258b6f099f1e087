import {
  createValidationProblem,
  publicAccessPolicy,
  type RequestContext,
  type Route,
  standardProblems,
} from '@latchkey/http';
import { ACCOUNT_SEQUENCE_HEADER } from '@latchkey/tokens';
import { z } from 'zod';
import { requireExistingAccount, type SessionOrSignUpCookie } from '../../account/index.ts';
import { emailAddressSchema } from '../../addresses/email.ts';
import type { Caller } from '../../deps.ts';
import type { Refusal } from '../../refused.ts';
import { requestMailToAddress } from '../../requests/written-requests.ts';
import {
  getVerificationView,
  rejectSignUp,
  renewVerification,
  type VerificationEvidence,
  verifySignUp,
} from '../../sign-up/verification.ts';
import { createAnonymousAccessPolicy } from '../allow-anonymous.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import {
  createHtmlResponse,
  createLinkFormActionUrl,
  createLinkProblemPage,
  createLinkRequestProblemPage,
  getRequestLocale,
  linkProblemSpecs,
  linkTokenParamsSchema,
} from '../link-page.ts';
import { defineOperationRoute } from '../operation.ts';
import type { VerificationFault } from '../pages/pages.ts';
import { createPasswordLengthCheck, refusalProblemSpecs } from '../problems.ts';
import { createNewPasswordSchema, passwordTextSchema } from '../schemas.ts';
import { createAccountSequenceHeader, createJsonOrPageResponseSpec } from '../views.ts';

export function createVerificationRoutes(deps: RouteDeps): readonly Route[] {
  return [
    viewVerificationRoute(deps),
    viewRejectionRoute(deps),
    verifyRoute(deps),
    verificationRequestRoute(deps),
  ];
}

const PATH = `${AUTH_BASE_PATH}/verify/:token`;

/** Returns the URLs to which the page of a verification link and its forms point. */
function placesOf(deps: RouteDeps, token: string) {
  const action = createLinkFormActionUrl(deps, `${AUTH_BASE_PATH}/verify`, token);
  return { action, rejection: `${action}/reject` };
}

function bodyOf({ passwordRules }: RouteDeps) {
  return z.object({
    password: passwordTextSchema.optional(),
    newPassword: createNewPasswordSchema(passwordRules).optional(),
    confirmNewPassword: passwordTextSchema.optional(),
    // Forms can send only strings, so the string 'true' is accepted, too.
    reject: z.union([z.literal(true), z.literal('true').transform(() => true as const)]).optional(),
  });
}
type Body = z.infer<ReturnType<typeof bodyOf>>;

/**
 * The sequence number of UserRegistered, the first event of an account. It is still the account's last event
 * when the sign-up cookie is issued.
 */
const SIGNED_UP = 1;

/**
 * Returns what the request contains as evidence that it was sent by the person who signed up: the session of
 * the access token, and the account in the sign-up cookie. Returns an empty list if the request has neither.
 */
function holdersOf(
  { signUpCookie }: RouteDeps,
  request: RequestContext & { readonly caller: Caller | null },
): readonly SessionOrSignUpCookie[] {
  const { caller } = request;
  const signedUp = signUpCookie.read(request);
  return [
    ...(caller === null ? [] : [{ userId: caller.userId, since: caller.state.sequence }]),
    ...(signedUp === undefined ? [] : [{ userId: signedUp, since: SIGNED_UP }]),
  ];
}

/**
 * Returns the evidence with which the request verifies the account: the new password or the current password
 * in its body or, if the body has no password, the given sessions and sign-up cookies.
 * @throws Problem (validation_failed) if only one of `newPassword` and `confirmNewPassword` is set
 */
function evidenceOf(
  { password, newPassword, confirmNewPassword }: Body,
  holders: readonly SessionOrSignUpCookie[],
): VerificationEvidence {
  if (newPassword !== undefined && confirmNewPassword !== undefined)
    return { kind: 'new-password', newPassword, confirmNewPassword };
  if (newPassword !== undefined || confirmNewPassword !== undefined) {
    const missing = newPassword === undefined ? 'newPassword' : 'confirmNewPassword';
    throw createValidationProblem([{ pointer: `#/${missing}`, code: 'required', message: 'is required' }]);
  }
  return password === undefined ? { kind: 'holder', holders } : { kind: 'password', password };
}

function viewVerificationRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'viewVerification',
    method: 'GET',
    path: PATH,
    tag: 'verification',
    summary: 'The page of a verification link',
    description:
      'Changes nothing, because mail scanners follow links. In the browser that signed up, it only needs one click.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    answers: { 200: { description: 'A page with a form to confirm.', media: ['text/html'] } },
    problems: linkProblemSpecs,
    problemPage: createLinkProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { token } = request.params;
      const view = await getVerificationView(deps, token, holdersOf(deps, request));
      return createHtmlResponse(pages.verification({ ...view, ...placesOf(deps, token) }));
    },
  });
}

function viewRejectionRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'viewRejection',
    method: 'GET',
    path: `${PATH}/reject`,
    tag: 'verification',
    summary: 'The page that asks for confirmation before a sign-up is rejected',
    description: 'Changes nothing.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    answers: { 200: { description: 'A page with a button to reject.', media: ['text/html'] } },
    problems: linkProblemSpecs,
    problemPage: createLinkProblemPage(pages, 'verification'),
    handle: async ({ params: { token } }) => {
      const view = await getVerificationView(deps, token, []);
      return createHtmlResponse(pages.rejection({ ...view, ...placesOf(deps, token) }));
    },
  });
}

function verifyRoute(deps: RouteDeps): Route {
  const { pages, signUpCookie } = deps;
  return defineOperationRoute(deps.count, {
    operationId: 'verify',
    operation: ({ body: { reject } }) => (reject ? 'rejectSignUp' : 'verify'),
    method: 'POST',
    path: PATH,
    tag: 'verification',
    summary: 'Verify an account, or reject its sign-up',
    description:
      'The link alone verifies nothing. Send `{}` with an access token of the account or the cookie of its sign-up, or `password`, or `newPassword` and `confirmNewPassword`, which end every earlier session. A used link answers 200 again.',
    policy: createAnonymousAccessPolicy(deps.guards.authenticated),
    secretPath: true,
    params: linkTokenParamsSchema,
    body: bodyOf(deps),
    moreFaults: createPasswordLengthCheck(deps.passwordRules, 'newPassword'),
    accepts: ['none', 'json', 'form'],
    answers: {
      200: {
        ...createJsonOrPageResponseSpec('Verified, or rejected.'),
        headers: [ACCOUNT_SEQUENCE_HEADER, 'Set-Cookie'],
      },
      400: { description: 'The form with the fault, if a form was sent.', media: ['text/html'] },
    },
    problems: [
      ...linkProblemSpecs,
      refusalProblemSpecs.password_required,
      refusalProblemSpecs.password_incorrect,
      refusalProblemSpecs.passwords_do_not_match,
      refusalProblemSpecs.password_too_weak,
      standardProblems.conflict,
      standardProblems.rate_limited,
    ],
    problemPage: createLinkProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { token } = request.params;
      const { reject, newPassword } = request.body;
      const { state } = reject
        ? await rejectSignUp(deps, token, toUseCaseContext(request))
        : await verifySignUp(
            deps,
            { token, evidence: evidenceOf(request.body, holdersOf(deps, request)) },
            toUseCaseContext(request),
          );
      const { locale, userId } = requireExistingAccount(state);
      // Delete the sign-up cookie only if it belongs to the account that was just verified or rejected.
      const cookie = signUpCookie.read(request) === userId ? { 'Set-Cookie': signUpCookie.clear() } : {};
      if (request.sentAs === 'form') {
        const html = reject
          ? pages.done('rejected', { locale })
          : pages.done(newPassword === undefined ? 'verified' : 'first-password', { locale });
        const answer = createHtmlResponse(html);
        return { ...answer, headers: { ...answer.headers, ...cookie } };
      }
      const message = reject ? 'Sign-up rejected' : 'Account verified successfully';
      return {
        status: 200,
        body: { message },
        headers: { ...createAccountSequenceHeader(state), ...cookie },
      };
    },
    formAgain: async (refusal, request) => {
      const fault = verificationFault(refusal);
      if (fault === undefined) return undefined;
      const { token } = request.params;
      const view = await getVerificationView(deps, token, []);
      return pages.verification({ ...view, ...placesOf(deps, token), ...(fault !== 'none' && { fault }) });
    },
  });
}

/**
 * Returns the error to show in the form on the page of a verification link. Returns `none` if the form must
 * be shown without an error, because the password is required but was not entered yet. Returns undefined if
 * no input in the form could help.
 */
function verificationFault(refusal: Refusal): VerificationFault | 'none' | undefined {
  switch (refusal.kind) {
    case 'password_required':
      return 'none';
    case 'password_incorrect':
      return { field: 'password' };
    case 'passwords_do_not_match':
      return { field: 'confirmNewPassword', code: refusal.kind };
    case 'password_too_weak':
      return { field: 'newPassword', code: refusal.fault };
    default:
      return undefined;
  }
}

function verificationRequestRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operationId: 'requestVerification',
    operation: ({ caller }) => (caller === null ? 'requestByAddress' : 'renewVerification'),
    method: 'POST',
    path: `${AUTH_BASE_PATH}/verification-request`,
    tag: 'verification',
    summary: 'Request a new verification link',
    description: "With an access token: for the caller's account. Otherwise by address.",
    policy: createAnonymousAccessPolicy(deps.guards.authenticated),
    body: z.object({ email: emailAddressSchema.optional() }),
    accepts: ['none', 'json', 'form'],
    answers: { 202: createJsonOrPageResponseSpec('The same response whether or not the account exists.') },
    problems: [standardProblems.rate_limited, standardProblems.conflict],
    problemPage: createLinkRequestProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { caller, body } = request;
      const message = 'If there is an account to verify, a link has been sent.';
      if (caller !== null) {
        const state = await renewVerification(deps, caller, toUseCaseContext(request));
        return { status: 202, body: { message }, headers: createAccountSequenceHeader(state) };
      }
      if (body.email === undefined) {
        const fault = 'is required without an access token';
        throw createValidationProblem([{ pointer: '#/email', code: 'required', message: fault }]);
      }
      const address = body.email.canonical;
      await requestMailToAddress(deps, { kind: 'verification', address }, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return createHtmlResponse(
          pages.requested({ locale: getRequestLocale(request), kind: 'verification' }),
          202,
        );
      return { status: 202, body: { message } };
    },
  });
}
