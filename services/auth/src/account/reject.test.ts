import { describe, test } from 'node:test';
import {
  accountVerifiedFact,
  createInstantAfterNoon,
  createRegistrationEndedFacts,
  createTestLink,
  createUserRegisteredFact,
  createVerificationRequestedFact,
  noon,
} from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

const HOUR = 3_600_000;

describe('"this was not me"', () => {
  const reject = { type: 'RejectRegistration', tokenHash: createTestLink('A').hash, now: noon } as const;

  test('ends the registration', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(reject)
      .thenHappens(...createRegistrationEndedFacts('rejected'));
  });

  test('needs a link that works', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...reject, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...reject, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_expired');
    given(createUserRegisteredFact(createTestLink('A')), createVerificationRequestedFact(createTestLink('B')))
      .when(reject)
      .thenRefused('token_invalid');
    given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('rejected'))
      .when(reject)
      .thenRefused('token_invalid');
  });

  test('never ends a verified account', () => {
    given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
      .when(reject)
      .thenRefused('token_invalid');
    given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
      .when({ ...reject, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_invalid');
  });
});
