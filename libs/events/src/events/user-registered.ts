import { defineEvent } from '../define-event.ts';
import { email, id, locale, personalDataField, personName, role, sealedToken, username } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_SEALED_LINK, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const UserRegistered = defineEvent({
  type: 'UserRegistered',
  topic: accountsTopic,
  description:
    'Somebody signed up, which created a new, unverified account. `verification` is absent if another account has already verified the address.',
  effects:
    'user: creates an unverified profile. notifier: sends the verification mail or, without `verification`, "you already have an account".',
  data: {
    userId: id,
    role,
    locale,
    person: personalDataField({
      email,
      username,
      firstName: personName.optional(),
      lastName: personName.optional(),
    }),
    verification: sealedToken.optional(),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      role: 'user',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
        firstName: 'Ada',
        lastName: 'Lovelace',
      },
      verification: SAMPLE_SEALED_LINK,
    },
    'without names': {
      userId: SAMPLE_USER_ID,
      role: 'user',
      locale: 'de',
      person: SAMPLE_RECIPIENT,
      verification: SAMPLE_SEALED_LINK,
    },
    'of a proven address': { userId: SAMPLE_USER_ID, role: 'user', locale: 'en', person: SAMPLE_RECIPIENT },
    'person erased': { userId: SAMPLE_USER_ID, role: 'user', locale: 'en', person: null },
  },
});
