import { describe, test } from 'node:test';
import { afterNoon, ended, link, noon, renewed, signedUp, verified } from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

const HOUR = 3_600_000;

describe('"this was not me"', () => {
  const reject = { type: 'RejectRegistration', tokenHash: link('A').hash, now: noon } as const;

  test('ends the registration', () => {
    given(signedUp(link('A')))
      .when(reject)
      .thenHappens(...ended('rejected'));
  });

  test('needs a link that works', () => {
    given(signedUp(link('A')))
      .when({ ...reject, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(signedUp(link('A')))
      .when({ ...reject, now: afterNoon(HOUR) })
      .thenRefused('token_expired');
    given(signedUp(link('A')), renewed(link('B')))
      .when(reject)
      .thenRefused('token_invalid');
    given(signedUp(link('A')), ...ended('rejected'))
      .when(reject)
      .thenRefused('token_invalid');
  });

  test('never ends a verified account', () => {
    given(signedUp(link('A')), verified)
      .when(reject)
      .thenRefused('token_invalid');
    given(signedUp(link('A')), verified)
      .when({ ...reject, now: afterNoon(HOUR) })
      .thenRefused('token_invalid');
  });
});
