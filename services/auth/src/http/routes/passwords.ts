import { anyone, problems, type Route, route } from '@latchkey/http';
import { z } from 'zod';
import { passwordText } from '../../credentials/schemas.ts';
import { contextOf } from '../context.ts';
import { BASE, type RouteDeps } from '../deps.ts';
import { authProblems, refusals } from '../problems.ts';
import { changed, changedOnPage, sequenceHeader } from '../views.ts';
import { linkProblemPage, linkProblems, orFormAgain, page, tokenParam } from './link-page.ts';

const PATH = `${BASE}/password-reset-confirm/:token`;
function actionOf(token: string): string {
  return `${BASE}/password-reset-confirm/${encodeURIComponent(token)}`;
}

const newPasswordProblems = [authProblems.passwords_do_not_match, authProblems.password_too_weak];

export function viewResetRoute({ useCases, pages }: RouteDeps): Route {
  return route({
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
      page(pages.reset({ ...(await useCases.viewReset(token)), action: actionOf(token) })),
  });
}

export function completeResetRoute({ useCases, pages }: RouteDeps): Route {
  return route({
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
    handle: (request) => {
      const { token } = request.params;
      const { newPassword, confirmNewPassword } = request.body;
      const isForm = request.sentAs === 'form';
      async function act() {
        const context = contextOf(request);
        const { state, facts } = await useCases.completeReset(
          token,
          newPassword,
          confirmNewPassword,
          context,
        );
        const first = facts.some(({ type }) => type === 'AccountVerified');
        if (isForm) return page(pages.resetDone({ locale: state.locale, first }));
        return {
          status: 200,
          body: { message: 'Password reset successfully' },
          headers: sequenceHeader(state),
        };
      }
      if (!isForm) return act();
      const mendable = newPasswordProblems.map(({ code }) => code);
      return orFormAgain(act, mendable, async ({ code, detail }) =>
        pages.reset({
          ...(await useCases.viewReset(token)),
          action: actionOf(token),
          fault: {
            field: code === 'passwords_do_not_match' ? 'confirmNewPassword' : 'newPassword',
            message: detail,
          },
        }),
      );
    },
  });
}

export function changePasswordRoute({ useCases, guards, accessTokens }: RouteDeps): Route {
  return route({
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
