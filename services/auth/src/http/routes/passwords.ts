import { publicAccessPolicy, type Route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import { requireExistingAccount } from '../../account/index.ts';
import { emailAddressSchema } from '../../addresses/email.ts';
import { changePassword } from '../../passwords/change.ts';
import { completePasswordReset, getPasswordResetView } from '../../passwords/reset.ts';
import { requestMailToAddress } from '../../requests/written-requests.ts';
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
import { findNewPasswordFault } from '../new-password-fault.ts';
import { defineOperationRoute } from '../operation.ts';
import { createPasswordLengthCheck, refusalProblemSpecs } from '../problems.ts';
import { createNewPasswordSchema, passwordTextSchema } from '../schemas.ts';
import {
  createAccountSequenceHeader,
  createJsonOrPageResponseSpec,
  createResponseSpecWithAccountSequence,
  messageSchema,
} from '../views.ts';

export function createPasswordRoutes(deps: RouteDeps): readonly Route[] {
  return [resetRequestRoute(deps), viewResetRoute(deps), completeResetRoute(deps), changePasswordRoute(deps)];
}

const PATH = `${AUTH_BASE_PATH}/password-reset-confirm/:token`;

function actionOf(deps: RouteDeps, token: string): string {
  return createLinkFormActionUrl(deps, `${AUTH_BASE_PATH}/password-reset-confirm`, token);
}

const newPasswordProblems = [
  refusalProblemSpecs.passwords_do_not_match,
  refusalProblemSpecs.password_too_weak,
];

function resetRequestRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operationId: 'requestPasswordReset',
    operation: 'requestByAddress',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/password-reset-request`,
    tag: 'passwords',
    summary: 'Request a password reset link',
    policy: publicAccessPolicy,
    body: z.object({ email: emailAddressSchema }),
    accepts: ['json', 'form'],
    answers: {
      202: {
        description: 'The same response whether or not the account exists.',
        schema: messageSchema,
        media: ['text/html'],
      },
    },
    problems: [standardProblems.rate_limited],
    problemPage: createLinkRequestProblemPage(pages, 'password-reset'),
    handle: async (request) => {
      const address = request.body.email.canonical;
      await requestMailToAddress(deps, { kind: 'password-reset', address }, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return createHtmlResponse(
          pages.requested({ locale: getRequestLocale(request), kind: 'password-reset' }),
          202,
        );
      return {
        status: 202,
        body: { message: 'If an account with that email exists, a reset link has been sent.' },
      };
    },
  });
}

function viewResetRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'viewReset',
    method: 'GET',
    path: PATH,
    tag: 'passwords',
    summary: 'The page of a reset link',
    description: 'Changes nothing.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    answers: { 200: { description: 'A page with a form.', media: ['text/html'] } },
    problems: linkProblemSpecs,
    problemPage: createLinkProblemPage(pages, 'password-reset'),
    handle: async ({ params: { token } }) => {
      const view = await getPasswordResetView(deps, token);
      return createHtmlResponse(pages.reset({ ...view, action: actionOf(deps, token) }));
    },
  });
}

function completeResetRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operationId: 'resetPassword',
    operation: 'completeReset',
    method: 'POST',
    path: PATH,
    tag: 'passwords',
    summary: 'Set a new password with a reset link',
    description:
      'Ends every session and every other link of the account. Verifies the account if its address is unverified.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    body: z.object({
      newPassword: createNewPasswordSchema(deps.passwordRules),
      confirmNewPassword: passwordTextSchema,
    }),
    moreFaults: createPasswordLengthCheck(deps.passwordRules, 'newPassword'),
    accepts: ['json', 'form'],
    answers: {
      200: createJsonOrPageResponseSpec('The password is set.'),
      400: { description: 'The form with the fault, if a form was sent.', media: ['text/html'] },
    },
    problems: [...linkProblemSpecs, ...newPasswordProblems, standardProblems.conflict],
    problemPage: createLinkProblemPage(pages, 'password-reset'),
    handle: async (request) => {
      const reset = { token: request.params.token, ...request.body };
      const { state, facts } = await completePasswordReset(deps, reset, toUseCaseContext(request));
      if (request.sentAs === 'form') {
        const first = facts.some(({ type }) => type === 'AccountVerified');
        return createHtmlResponse(
          pages.done(first ? 'first-password' : 'reset', requireExistingAccount(state)),
        );
      }
      return {
        status: 200,
        body: { message: 'Password reset successfully' },
        headers: createAccountSequenceHeader(state),
      };
    },
    formAgain: async (refusal, { params: { token } }) => {
      const fault = findNewPasswordFault(refusal);
      if (fault === undefined) return undefined;
      return pages.reset({
        ...(await getPasswordResetView(deps, token)),
        action: actionOf(deps, token),
        fault,
      });
    },
  });
}

function changePasswordRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'changePassword',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/change-password`,
    tag: 'passwords',
    summary: 'Change the password',
    description: "Ends every other session and every open link; the caller's session stays active.",
    policy: deps.guards.verified,
    body: z.object({
      currentPassword: passwordTextSchema,
      newPassword: createNewPasswordSchema(deps.passwordRules),
      confirmNewPassword: passwordTextSchema.optional(),
    }),
    moreFaults: createPasswordLengthCheck(deps.passwordRules, 'newPassword'),
    answers: {
      200: createResponseSpecWithAccountSequence(
        'Changed; with a new access token, because the old one is revoked.',
        z.object({ message: z.string(), accessToken: z.string(), expiresIn: z.int() }),
      ),
    },
    problems: [
      ...newPasswordProblems,
      refusalProblemSpecs.current_password_incorrect,
      standardProblems.conflict,
      standardProblems.rate_limited,
    ],
    handle: async (request) => {
      const { caller } = request;
      const { state } = await changePassword(deps, request.body, caller, toUseCaseContext(request));
      const account = requireExistingAccount(state);
      const { userId, role, sequence } = account;
      const { sessionId } = caller;
      const token = deps.accessTokens.issue({
        userId,
        sessionId,
        verified: true,
        role,
        sequence,
        profile: account,
      });
      return {
        status: 200,
        body: { message: 'Password changed successfully', ...token },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}
