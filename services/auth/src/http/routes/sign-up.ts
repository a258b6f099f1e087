import { anyone, problems, type Route } from '@latchkey/http';
import { z } from 'zod';
import { emailAddress } from '../../credentials/email.ts';
import { negotiateLocale, passwordText } from '../../credentials/schemas.ts';
import { BASE } from '../base-path.ts';
import { repeatable, repeatableContextOf } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { operationRoute } from '../operation.ts';
import { refusals } from '../problems.ts';
import { accountView, names } from '../views.ts';

const body = z.object({
  email: emailAddress,
  password: passwordText,
  username: names.username,
  firstName: names.firstName.optional(),
  lastName: names.lastName.optional(),
  locale: names.locale.optional(),
});

const created = z.object({
  message: z.string(),
  user: accountView.omit({ id: true, locale: true, disabled: true }),
});

export function signUpRoute({ useCases, count }: RouteDeps): Route {
  return operationRoute(count, {
    operation: 'signUp',
    method: 'POST',
    path: `${BASE}/signup`,
    tag: 'accounts',
    summary: 'Sign up',
    description: 'The same answer whether the address is new, pending or taken: whoever has it gets a mail.',
    policy: anyone,
    headers: repeatable,
    body,
    answers: { 201: { description: 'The input, echoed; a mail is on its way.', schema: created } },
    problems: [
      refusals.password_too_weak,
      refusals.email_already_registered,
      problems.conflict,
      problems.rate_limited,
    ],
    handle: async (request) => {
      const { email, username, firstName, lastName, password, locale } = request.body;
      await useCases.signUp(
        {
          email,
          password,
          username,
          firstName,
          lastName,
          locale: locale ?? negotiateLocale(request.headers['accept-language']),
        },
        repeatableContextOf(request),
      );
      return {
        status: 201,
        body: {
          message: 'Account Created! Check email to verify your account',
          user: {
            email: email.stored,
            username,
            firstName: firstName ?? null,
            lastName: lastName ?? null,
            role: 'user',
            isVerified: false,
          },
        },
      };
    },
  });
}
