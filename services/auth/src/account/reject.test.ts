import { describe, test } from 'node:test';
import {
  accountVerified,
  linkNamed,
  msAfterNoon,
  noon,
  registrationEnded,
  userRegistered,
  verificationRequested,
} from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

const HOUR = 3_600_000;

describe('"this was not me"', () => {
  const reject = { type: 'RejectRegistration', tokenHash: linkNamed('A').hash, now: noon } as const;

  test('ends the registration', () => {
    given(userRegistered(linkNamed('A')))
      .when(reject)
      .thenHappens(...registrationEnded('rejected'));
  });

  test('needs a link that works', () => {
    given(userRegistered(linkNamed('A')))
      .when({ ...reject, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(userRegistered(linkNamed('A')))
      .when({ ...reject, now: msAfterNoon(HOUR) })
      .thenRefused('token_expired');
    given(userRegistered(linkNamed('A')), verificationRequested(linkNamed('B')))
      .when(reject)
      .thenRefused('token_invalid');
    given(userRegistered(linkNamed('A')), ...registrationEnded('rejected'))
      .when(reject)
      .thenRefused('token_invalid');
  });

  test('never ends a verified account', () => {
    given(userRegistered(linkNamed('A')), accountVerified)
      .when(reject)
      .thenRefused('token_invalid');
    given(userRegistered(linkNamed('A')), accountVerified)
      .when({ ...reject, now: msAfterNoon(HOUR) })
      .thenRefused('token_invalid');
  });
});
