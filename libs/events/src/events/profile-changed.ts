import { defineEvent } from '../define-event.ts';
import { id, locale, personField, personName, username } from '../fields.ts';
import { USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const ProfileChanged = defineEvent({
  type: 'ProfileChanged',
  topic: accountsTopic,
  description: 'Names or the locale were changed. Unchanged fields are absent.',
  effects: 'user: updates the profile.',
  data: {
    userId: id,
    locale: locale.optional(),
    person: personField({
      username: username.optional(),
      firstName: personName.optional(),
      lastName: personName.optional(),
    }),
  },
  samples: {
    'with person': {
      userId: USER_ID,
      locale: 'de',
      person: {
        username: 'ada-l',
        firstName: 'Ada',
        lastName: 'King',
      },
    },
    'locale only': {
      userId: USER_ID,
      locale: 'de',
      person: {},
    },
    'person erased': { userId: USER_ID, person: null },
  },
});
