import { anyone, problems, type Route } from '@latchkey/http';
import { z } from 'zod';
import { passwordText } from '../../credentials/schemas.ts';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { htmlAnswer, linkProblemPage, linkProblems, tokenParam } from '../link-page.ts';
import { operationRoute } from '../operation.ts';
import { refusals } from '../problems.ts';
import { changedOnPage, sequenceHeader } from '../views.ts';

const PATH = `${BASE}/verify/:token`;
function actionOf(token: string): string {
  return `${BASE}/verify/${encodeURIComponent(token)}`;
}

/** A form can only say `true` in letters. */
const body = z.object({
  password: passwordText.optional(),
  reject: z.union([z.literal(true), z.literal('true').transform(() => true as const)]).optional(),
});

export function viewVerificationRoute({ useCases, count, pages }: RouteDeps): Route {
  return operationRoute(count, {
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
    handle: async ({ params: { token } }) =>
      htmlAnswer(
        pages.verification({ ...(await useCases.viewVerification(token)), action: actionOf(token) }),
      ),
  });
}

export function verifyRoute({ useCases, count, pages }: RouteDeps): Route {
  return operationRoute(count, {
    operation: ({ body }) => (body.reject ? 'rejectSignUp' : 'verify'),
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
    handle: async (request) => {
      const { token } = request.params;
      const { password, reject } = request.body;
      const { state } = reject
        ? await useCases.rejectSignUp(token, contextOf(request))
        : await useCases.verify(token, password, contextOf(request));
      if (request.sentAs === 'form')
        return htmlAnswer(reject ? pages.rejected(state) : pages.verified(state));
      const message = reject ? 'Sign-up rejected' : 'Account verified successfully';
      return { status: 200, body: { message }, headers: sequenceHeader(state) };
    },
    formAgain: async ({ kind }, { params: { token } }) => {
      if (kind !== 'password_required') return undefined;
      const view = await useCases.viewVerification(token);
      return pages.verification({ ...view, action: actionOf(token), fault: kind });
    },
  });
}
