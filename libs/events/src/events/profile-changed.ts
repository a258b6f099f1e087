import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, person } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const ProfileChanged = defineEvent({
  type: 'ProfileChanged',
  topic: accountsTopic,
  description: 'Names or the locale were changed. Unchanged fields are absent.',
  effects: 'user: updates the profile.',
  data: {
    userId: id,
    locale: locale.optional(),
    person: person({
      username: z.string().optional(),
      firstName: z.string().optional(),
      lastName: z.string().optional(),
    }),
  },
  samples: {
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'de',
      person: {
        username: 'ada-l',
        firstName: 'Ada',
        lastName: 'King',
      },
    },
    'locale only': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'de',
      person: {},
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      person: null,
    },
  },
});
