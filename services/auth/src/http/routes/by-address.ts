/** Requests by address: answered the same way whoever lives there. */
import {
  type Answer,
  anyone,
  type Policy,
  type Problem,
  problems,
  type Route,
  validationFailed,
} from '@latchkey/http';
import { z } from 'zod';
import type { AccountState } from '../../account/index.ts';
import { emailAddress } from '../../credentials/email.ts';
import type { Signed } from '../../use-cases/deps.ts';
import { BASE } from '../base-path.ts';
import { contextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { htmlAnswer, linkProblemPage, localeOf } from '../link-page.ts';
import { operationRoute } from '../operation.ts';
import { changedOnPage, message, sequenceHeader } from '../views.ts';

const accepted = {
  description: 'Always, whether or not there is such an account.',
  schema: message,
  media: ['text/html'],
};

export function passwordResetRequestRoute({ useCases, count, pages }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'requestByAddress',
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
        return htmlAnswer(pages.requested({ locale: localeOf(request), kind: 'password-reset' }), 202);
      return {
        status: 202,
        body: { message: 'If an account with that email exists, a reset link has been sent.' },
      };
    },
  });
}

export function verificationRequestRoute({ useCases, count, guards, pages }: RouteDeps): Route {
  return operationRoute(count, {
    operation: ({ caller }) => (caller === null ? 'requestByAddress' : 'renewVerification'),
    method: 'POST',
    path: `${BASE}/verification-request`,
    tag: 'verification',
    summary: 'Ask for a new verification link',
    description: 'With an access token: for the account of the caller. Otherwise by address.',
    policy: callerOrAnyone(guards.authenticated),
    body: z.object({ email: emailAddress.optional() }),
    accepts: ['none', 'json', 'form'],
    answers: { 202: changedOnPage(accepted.description) },
    problems: [problems.rate_limited, problems.conflict],
    problemPage: linkProblemPage(pages, 'verification'),
    handle: async (request) => {
      const { caller, body } = request;
      if (caller !== null) return renewed(await useCases.renewVerification(caller, contextOf(request)));
      if (body.email === undefined) throw neither();
      await useCases.requestByAddress('verification', body.email.canonical, contextOf(request));
      if (request.sentAs === 'form')
        return htmlAnswer(pages.requested({ locale: localeOf(request), kind: 'verification' }), 202);
      return { status: 202, body: LINK_SENT };
    },
  });
}

const LINK_SENT = { message: 'If there is an account to verify, a link has been sent.' };

/** Whoever has a token knows the account: a change of it may be told. */
function renewed(state: AccountState): Answer {
  return {
    status: 202,
    body: LINK_SENT,
    headers: sequenceHeader(state),
  };
}

/** A token that is sent must be good; none is fine. */
function callerOrAnyone(authenticated: Policy<Signed>): Policy<Signed | null> {
  return {
    ...authenticated,
    who: 'anyone, or any living account',
    bearer: 'optional',
    authorise: async (request) =>
      request.headers['authorization'] === undefined ? null : authenticated.authorise(request),
  };
}

function neither(): Problem {
  return validationFailed([
    { pointer: '#/email', code: 'required', message: 'is required where no access token is sent' },
  ]);
}
