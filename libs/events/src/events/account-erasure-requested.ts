import { defineEvent } from '../define-event.ts';
import { actor, email, id, instant, locale, personalDataField, sealedToken, username } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_SEALED_LINK, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountErasureRequested = defineEvent({
  type: 'AccountErasureRequested',
  topic: accountsTopic,
  description:
    'The account will be erased at `eraseAt`, unless AccountErasureCanceled comes first. Until then, the account is disabled. Another event of this type with an earlier `eraseAt` replaces this one.',
  effects:
    "user: marks the profile as disabled. notifier: cancels the account's pending mails, and sends the link that cancels the erasure, if the event has one.",
  data: {
    userId: id,
    /** Who requested the erasure: the account itself, an admin, or `ops`. */
    requestedBy: actor,
    eraseAt: instant,
    locale: locale.optional(),
    /**
     * `email` and `username` are present only if the account is verified. The link `undo` is in `person`, so
     * that it is erased together with the personal data.
     */
    person: personalDataField({
      email: email.optional(),
      username: username.optional(),
      undo: sealedToken.optional(),
    }),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      requestedBy: SAMPLE_USER_ID,
      eraseAt: '2026-01-09T09:30:00.000Z',
      locale: 'en',
      person: { ...SAMPLE_RECIPIENT, undo: SAMPLE_SEALED_LINK },
    },
    'without a mail': {
      userId: SAMPLE_USER_ID,
      requestedBy: 'ops',
      eraseAt: '2026-01-09T09:30:00.000Z',
      person: {},
    },
    'person erased': {
      userId: SAMPLE_USER_ID,
      requestedBy: SAMPLE_USER_ID,
      eraseAt: '2026-01-09T09:30:00.000Z',
      locale: 'en',
      person: null,
    },
  },
});
