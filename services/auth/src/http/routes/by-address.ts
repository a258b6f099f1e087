/** Requests by address: answered the same way whoever lives there. */
import {
  anyone,
  type Policy,
  type Problem,
  problems,
  type Route,
  route,
  validationFailed,
} from '@latchkey/service';
import { z } from 'zod';
import { emailAddress } from '../../credentials/email.ts';
import type { Signed } from '../../use-cases/deps.ts';
import { contextOf } from '../context.ts';
import { BASE, type RouteDeps } from '../deps.ts';
import { message } from '../views.ts';
import { linkProblemPage, localeOf, page } from './link-page.ts';

const accepted = {
  description: 'Always, whether or not there is such an account.',
  schema: message,
  media: ['text/html'],
};

export const passwordResetRequestRoute = ({ useCases, pages }: RouteDeps): Route =>
  route({
    method: 'POST',
    path: `${BASE}/password-reset-request`,
    tag: 'passwords',
    summary: 'Ask for a password reset link',
    policy: anyone,
    body: z.object({ email: emailAddress }),
    accepts: ['json', 'form'],
    answers: { 202: accepted },
    problems: [problems.rate_limited],
    problemPage: linkProblemPage(pages, 'password-reset'),
    handle: async (request) => {
      await useCases.requestByAddress('password-reset', request.body.email.canonical, contextOf(request));
      if (request.sentAs === 'form')
        return page(pages.requested({ locale: localeOf(request), kind: 'password-reset' }), 202);
      return {
        status: 202,
        body: { message: 'If an account with that email exists, a reset link has been sent.' },
      };
    },
  });

export const verificationRequestRoute = ({ useCases, guards, pages }: RouteDeps): Route =>
  route({
    method: 'POST',
    path: `${BASE}/verification-request`,
    tag: 'verification',
    summary: 'Ask for a new verification link',
    description: 'With an access token: for the account of the caller. Otherwise by address.',
    policy: callerOrAnyone(guards.authenticated),
    body: z.object({ email: emailAddress.optional() }),
    accepts: ['none', 'json', 'form'],
    answers: { 202: accepted },
    problems: [problems.rate_limited, problems.conflict],
    problemPage: linkProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { caller, body } = request;
      if (caller !== null) await useCases.renewVerification(caller, contextOf(request));
      else if (body.email === undefined) throw neither();
      else await useCases.requestByAddress('verification', body.email.canonical, contextOf(request));
      if (request.sentAs === 'form')
        return page(pages.requested({ locale: localeOf(request), kind: 'verification' }), 202);
      return {
        status: 202,
        body: { message: 'If there is an account to verify, a link has been sent.' },
      };
    },
  });

/** A token that is sent must be good; none is fine. */
const callerOrAnyone = (authenticated: Policy<Signed>): Policy<Signed | null> => ({
  ...authenticated,
  who: 'anyone, or any living account',
  bearer: false,
  authorise: async (request) =>
    request.headers['authorization'] === undefined ? null : authenticated.authorise(request),
});

const neither = (): Problem =>
  validationFailed([{ pointer: '#/email', message: 'is required where no access token is sent' }]);
