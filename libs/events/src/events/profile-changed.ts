import { defineEvent } from '../define-event.ts';
import { id, locale, personalDataField, personName, username } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const ProfileChanged = defineEvent({
  type: 'ProfileChanged',
  topic: accountsTopic,
  description: 'Names or the locale were changed. Unchanged fields are absent.',
  effects: 'user: updates the profile.',
  data: {
    userId: id,
    locale: locale.optional(),
    person: personalDataField({
      username: username.optional(),
      firstName: personName.optional(),
      lastName: personName.optional(),
    }),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      locale: 'de',
      person: {
        username: 'ada-l',
        firstName: 'Ada',
        lastName: 'King',
      },
    },
    'locale only': {
      userId: SAMPLE_USER_ID,
      locale: 'de',
      person: {},
    },
    'person erased': { userId: SAMPLE_USER_ID, person: null },
  },
});
