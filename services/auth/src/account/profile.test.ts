import { describe, test } from 'node:test';
import {
  accountVerified,
  linkNamed,
  profileChanged,
  registrationEnded,
  userRegistered,
} from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

const proven = [userRegistered(linkNamed('A')), accountVerified] as const;

describe('changing the profile', () => {
  test('says what was changed and nothing else', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', username: 'countess', lastName: 'Lovelace', locale: 'de' })
      .thenHappens(profileChanged({ person: { username: 'countess', lastName: 'Lovelace' }, locale: 'de' }));
    given(...proven)
      .when({ type: 'ChangeProfile', firstName: 'Augusta' })
      .thenHappens(profileChanged({ person: { firstName: 'Augusta' } }));
  });

  test('leaves out what stays as it was', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', username: 'ada', firstName: 'Augusta', locale: 'en' })
      .thenHappens(profileChanged({ person: { firstName: 'Augusta' } }));
  });

  test('of the locale alone names no person', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', locale: 'de' })
      .thenHappens(profileChanged({ person: {}, locale: 'de' }));
  });

  test('to what it is already, or to nothing, does nothing', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', username: 'ada', locale: 'en' })
      .thenNothing();
    given(...proven)
      .when({ type: 'ChangeProfile' })
      .thenNothing();
    given(...proven, profileChanged({ person: { firstName: 'Augusta' } }))
      .when({ type: 'ChangeProfile', firstName: 'Augusta' })
      .thenNothing();
  });

  test('may empty a name', () => {
    given(...proven, profileChanged({ person: { firstName: 'Augusta' } }))
      .when({ type: 'ChangeProfile', firstName: '' })
      .thenHappens(profileChanged({ person: { firstName: '' } }));
  });

  test('is for verified accounts', () => {
    const change = { type: 'ChangeProfile', username: 'countess' } as const;
    given(userRegistered(linkNamed('A')))
      .when(change)
      .thenRefused('account_not_verified');
    given(userRegistered(linkNamed('A')), ...registrationEnded('expired'))
      .when(change)
      .thenRefused('account_not_verified');
    given().when(change).thenRefused('account_not_verified');
  });
});
