import { anyone, problems, type Route, route } from '@latchkey/http';
import { z } from 'zod';
import { passwordText } from '../../credentials/schemas.ts';
import { contextOf } from '../context.ts';
import { BASE, type RouteDeps } from '../deps.ts';
import { refusals } from '../problems.ts';
import { changedOnPage, sequenceHeader } from '../views.ts';
import { linkProblemPage, linkProblems, orFormAgain, page, tokenParam } from './link-page.ts';

const PATH = `${BASE}/verify/:token`;
function actionOf(token: string): string {
  return `${BASE}/verify/${encodeURIComponent(token)}`;
}

/** A form can only say `true` in letters. */
const body = z.object({
  password: passwordText.optional(),
  reject: z.union([z.literal(true), z.literal('true').transform(() => true as const)]).optional(),
});

export function viewVerificationRoute({ useCases, pages }: RouteDeps): Route {
  return route({
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
    handle: async ({ params: { token } }) =>
      page(pages.verification({ ...(await useCases.viewVerification(token)), action: actionOf(token) })),
  });
}

export const verifyRoute = ({ useCases, pages }: RouteDeps): Route =>
  route({
    method: 'POST',
    path: PATH,
    tag: 'verification',
    summary: 'Verify an account, or reject its sign-up',
    description:
      'A used link answers 200 again. While other sign-ups of the address live, the password of this one is needed.',
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
    handle: (request) => {
      const { token } = request.params;
      const { password, reject } = request.body;
      const isForm = request.sentAs === 'form';
      async function act() {
        const { state } = reject
          ? await useCases.rejectSignUp(token, contextOf(request))
          : await useCases.verify(token, password, contextOf(request));
        const html = reject ? pages.rejected(state) : pages.verified(state);
        if (isForm) return page(html);
        const message = reject ? 'Sign-up rejected' : 'Account verified successfully';
        return { status: 200, body: { message }, headers: sequenceHeader(state) };
      }
      if (!isForm) return act();
      return orFormAgain(act, ['password_required'], async ({ detail }) =>
        pages.verification({
          ...(await useCases.viewVerification(token)),
          action: actionOf(token),
          fault: detail,
        }),
      );
    },
  });
