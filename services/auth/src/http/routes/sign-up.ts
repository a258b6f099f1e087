import { publicAccessPolicy, type Route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import { emailAddressSchema } from '../../addresses/email.ts';
import { signUp } from '../../sign-up/sign-up.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { idempotencyHeadersSchema, toIdempotentContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { getRequestLocale } from '../link-page.ts';
import { defineOperationRoute } from '../operation.ts';
import { createPasswordLengthCheck, refusalProblemSpecs } from '../problems.ts';
import { createNewPasswordSchema } from '../schemas.ts';
import { accountSchema, profileFieldSchemas } from '../views.ts';

function bodyOf({ passwordRules }: RouteDeps) {
  return z.object({
    email: emailAddressSchema,
    password: createNewPasswordSchema(passwordRules),
    username: profileFieldSchemas.username,
    firstName: profileFieldSchemas.firstName.optional(),
    lastName: profileFieldSchemas.lastName.optional(),
    locale: profileFieldSchemas.locale.optional(),
  });
}

const created = z.object({
  message: z.string(),
  user: accountSchema.omit({ id: true, locale: true, disabled: true }),
});

export function createSignUpRoutes(deps: RouteDeps): readonly Route[] {
  const signUpRoute = defineOperationRoute(deps.count, {
    operation: 'signUp',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/signup`,
    tag: 'accounts',
    summary: 'Sign up',
    description:
      'The same answer whether the address is new, pending or taken; a mail tells the owner of the mailbox.',
    policy: publicAccessPolicy,
    headers: idempotencyHeadersSchema,
    body: bodyOf(deps),
    moreFaults: createPasswordLengthCheck(deps.passwordRules, 'password'),
    answers: {
      201: {
        description:
          'Echoes the input; a mail follows. The cookie lets this browser open the link without the password.',
        schema: created,
        headers: ['Set-Cookie'],
      },
    },
    problems: [
      refusalProblemSpecs.password_too_weak,
      refusalProblemSpecs.email_already_registered,
      refusalProblemSpecs.idempotency_key_reused,
      standardProblems.conflict,
      standardProblems.rate_limited,
    ],
    handle: async (request) => {
      const { email, username, firstName, lastName, locale } = request.body;
      const person = { ...request.body, locale: locale ?? getRequestLocale(request) };
      const { userId } = await signUp(deps, person, toIdempotentContext(request));
      return {
        status: 201,
        headers: { 'Set-Cookie': deps.signUpCookie.set(userId) },
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
  return [signUpRoute];
}
