import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, person, role, sealedToken } from '../fields.ts';
import { ADA, LINK, USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const UserRegistered = defineEvent({
  type: 'UserRegistered',
  topic: accountsTopic,
  description:
    'Somebody signed up: a new, unverified account. `verification` is absent if another account has already proven the address.',
  effects:
    'user: creates an unverified profile. notifier: sends the verification mail, or "you already have an account" without `verification`.',
  data: {
    userId: id,
    role,
    locale,
    person: person({
      email: z.string(),
      username: z.string(),
      firstName: z.string().optional(),
      lastName: z.string().optional(),
    }),
    verification: sealedToken.optional(),
  },
  samples: {
    'with person': {
      userId: USER_ID,
      role: 'user',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
        firstName: 'Ada',
        lastName: 'Lovelace',
      },
      verification: LINK,
    },
    'without names': { userId: USER_ID, role: 'user', locale: 'de', person: ADA, verification: LINK },
    'of a proven address': { userId: USER_ID, role: 'user', locale: 'en', person: ADA },
    'person erased': { userId: USER_ID, role: 'user', locale: 'en', person: null },
  },
});
