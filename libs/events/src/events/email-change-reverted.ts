import { defineEvent } from '../define-event.ts';
import { email, id, locale, personalDataField, username } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const EmailChangeReverted = defineEvent({
  type: 'EmailChangeReverted',
  topic: accountsTopic,
  description:
    'The holder of the previous address undid the change, so the account has that address again. All open links of the account are void. PasswordChanged and SessionsRevoked follow.',
  effects: 'user: sets `email`. notifier: nothing; PasswordChanged causes the notice.',
  data: {
    userId: id,
    locale,
    person: personalDataField({ email, username, revertedEmail: email }),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      locale: 'en',
      person: { email: 'ada@example.com', username: 'ada', revertedEmail: 'countess@example.com' },
    },
    'person erased': { userId: SAMPLE_USER_ID, locale: 'en', person: null },
  },
});
