import { anyone, problems, type Route } from '@latchkey/http';
import { z } from 'zod';
import { passwordText } from '../../credentials/schemas.ts';
import type { Refusal } from '../../refused.ts';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { htmlAnswer, linkProblemPage, linkProblems, tokenParam } from '../link-page.ts';
import { operationRoute } from '../operation.ts';
import type { ResetFault } from '../pages/pages.ts';
import { refusals } from '../problems.ts';
import { changed, changedOnPage, sequenceHeader } from '../views.ts';

const PATH = `${BASE}/password-reset-confirm/:token`;
function actionOf(token: string): string {
  return `${BASE}/password-reset-confirm/${encodeURIComponent(token)}`;
}

const newPasswordProblems = [refusals.passwords_do_not_match, refusals.password_too_weak];

export function viewResetRoute({ useCases, count, pages }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'viewReset',
    method: 'GET',
    path: PATH,
    tag: 'passwords',
    summary: 'The page of a reset link',
    description: 'Changes nothing.',
    policy: anyone,
    secretPath: true,
    params: tokenParam,
    answers: { 200: { description: 'A page with a form.', media: ['text/html'] } },
    problems: linkProblems,
    problemPage: linkProblemPage(pages, 'password-reset'),
    handle: async ({ params: { token } }) =>
      htmlAnswer(pages.reset({ ...(await useCases.viewReset(token)), action: actionOf(token) })),
  });
}

export function completeResetRoute({ useCases, count, pages }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'completeReset',
    method: 'POST',
    path: PATH,
    tag: 'passwords',
    summary: 'Set a new password by a reset link',
    description:
      'Ends every session and every other link of the account; verifies one whose address nobody has proven yet.',
    policy: anyone,
    secretPath: true,
    params: tokenParam,
    body: z.object({ newPassword: passwordText, confirmNewPassword: passwordText }),
    accepts: ['json', 'form'],
    answers: {
      200: changedOnPage('The password is set.'),
      400: { description: 'The form again, to a form.', media: ['text/html'] },
    },
    problems: [...linkProblems, ...newPasswordProblems, problems.conflict],
    problemPage: linkProblemPage(pages, 'password-reset'),
    handle: async (request) => {
      const { token } = request.params;
      const { newPassword, confirmNewPassword } = request.body;
      const context = contextOf(request);
      const { state, facts } = await useCases.completeReset(token, newPassword, confirmNewPassword, context);
      if (request.sentAs === 'form') {
        const first = facts.some(({ type }) => type === 'AccountVerified');
        return htmlAnswer(pages.resetDone({ locale: state.locale, first }));
      }
      return {
        status: 200,
        body: { message: 'Password reset successfully' },
        headers: sequenceHeader(state),
      };
    },
    formAgain: async (refusal, { params: { token } }) => {
      const fault = resetFault(refusal);
      if (fault === undefined) return undefined;
      return pages.reset({ ...(await useCases.viewReset(token)), action: actionOf(token), fault });
    },
  });
}

function resetFault(refusal: Refusal): ResetFault | undefined {
  if (refusal.kind === 'passwords_do_not_match') return { field: 'confirmNewPassword', code: refusal.kind };
  if (refusal.kind === 'password_too_weak') return { field: 'newPassword', code: refusal.fault };
  return undefined;
}

export function changePasswordRoute({ useCases, count, guards, accessTokens }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'changePassword',
    method: 'POST',
    path: `${BASE}/change-password`,
    tag: 'passwords',
    summary: 'Change the password',
    description: "Ends every other session and every open link; the caller's session goes on.",
    policy: guards.verified,
    body: z.object({
      currentPassword: passwordText,
      newPassword: passwordText,
      confirmNewPassword: passwordText.optional(),
    }),
    answers: {
      200: changed(
        'Changed; a new access token, as the old one is dead.',
        z.object({ message: z.string(), accessToken: z.string(), expiresIn: z.int() }),
      ),
    },
    problems: [
      ...newPasswordProblems,
      refusals.current_password_incorrect,
      problems.conflict,
      problems.rate_limited,
    ],
    handle: async (request) => {
      const { currentPassword: current, newPassword: next, confirmNewPassword: confirmation } = request.body;
      const { caller } = request;
      const { state } = await useCases.changePassword(
        caller,
        { current, next, confirmation },
        contextOf(request),
      );
      const { userId, role, sequence } = state;
      const token = accessTokens.issue({
        userId,
        sessionId: caller.sessionId,
        verified: true,
        role,
        sequence,
      });
      return {
        status: 200,
        body: { message: 'Password changed successfully', ...token },
        headers: sequenceHeader(state),
      };
    },
  });
}
