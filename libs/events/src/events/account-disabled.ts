import { defineEvent } from '../define-event.ts';
import { actor, email, id, locale, personalDataField, reason, username } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountDisabled = defineEvent({
  type: 'AccountDisabled',
  topic: accountsTopic,
  description: 'An admin disabled the account. The owner cannot sign in until the account is enabled again.',
  effects:
    "user: marks the profile as disabled. notifier: cancels the account's pending mails, and sends a notice if the event names a person and a language.",
  data: {
    userId: id,
    changedBy: actor,
    locale: locale.optional(),
    /** `email` and `username` are present only if the account is verified. */
    person: personalDataField({
      reason: reason.optional(),
      email: email.optional(),
      username: username.optional(),
    }),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {
        reason: 'Asked for by the holder',
      },
    },
    'of a verified account': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: { reason: 'Asked for by the holder', email: 'ada@example.com', username: 'ada' },
    },
    'without a reason': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {},
    },
    'person erased': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: null,
    },
  },
});
