import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { email, id, locale, personalDataField, username } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

const ada = { email: 'ada@example.com', username: 'ada' };

export const OwnerAlerted = defineEvent({
  type: 'OwnerAlerted',
  topic: accountsTopic,
  description:
    'Something happened that the owner should know about: a sign-in from a device or network that is new for the account, or so many wrong passwords that unknown clients are locked out for a while.',
  effects: 'notifier: sends a notice.',
  data: {
    userId: id,
    reason: z.enum(['new-sign-in', 'locked-out']),
    locale,
    person: personalDataField({
      email,
      username,
      browser: z.string().min(1).max(40).optional(),
      system: z.string().min(1).max(40).optional(),
      /** The network of the client: a /24 for IPv4, a /56 for IPv6. */
      network: z.string().min(1).max(64).optional(),
    }),
  },
  samples: {
    'new-sign-in': {
      userId: SAMPLE_USER_ID,
      reason: 'new-sign-in',
      locale: 'en',
      person: { ...ada, browser: 'Firefox', system: 'Linux', network: '192.0.2.0/24' },
    },
    'new-sign-in, unknown device': {
      userId: SAMPLE_USER_ID,
      reason: 'new-sign-in',
      locale: 'en',
      person: { ...ada, network: '2001:db8:0:100::/56' },
    },
    'locked-out': { userId: SAMPLE_USER_ID, reason: 'locked-out', locale: 'en', person: ada },
    'person erased': { userId: SAMPLE_USER_ID, reason: 'locked-out', locale: 'en', person: null },
  },
});
