import { describe, test } from 'node:test';
import {
  accountVerifiedFact,
  createProfileChangedFact,
  createRegistrationEndedFacts,
  createTestLink,
  createUserRegisteredFact,
} from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

const proven = [createUserRegisteredFact(createTestLink('A')), accountVerifiedFact] as const;

describe('changing the profile', () => {
  test('says what was changed and nothing else', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', username: 'countess', lastName: 'Lovelace', locale: 'de' })
      .thenHappens(
        createProfileChangedFact({ person: { username: 'countess', lastName: 'Lovelace' }, locale: 'de' }),
      );
    given(...proven)
      .when({ type: 'ChangeProfile', firstName: 'Augusta' })
      .thenHappens(createProfileChangedFact({ person: { firstName: 'Augusta' } }));
  });

  test('leaves out fields that do not change', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', username: 'ada', firstName: 'Augusta', locale: 'en' })
      .thenHappens(createProfileChangedFact({ person: { firstName: 'Augusta' } }));
  });

  test('of the locale alone names no person', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', locale: 'de' })
      .thenHappens(createProfileChangedFact({ person: {}, locale: 'de' }));
  });

  test('to the current values, or without any values, does nothing', () => {
    given(...proven)
      .when({ type: 'ChangeProfile', username: 'ada', locale: 'en' })
      .thenNothing();
    given(...proven)
      .when({ type: 'ChangeProfile' })
      .thenNothing();
    given(...proven, createProfileChangedFact({ person: { firstName: 'Augusta' } }))
      .when({ type: 'ChangeProfile', firstName: 'Augusta' })
      .thenNothing();
  });

  test('may empty a name', () => {
    given(...proven, createProfileChangedFact({ person: { firstName: 'Augusta' } }))
      .when({ type: 'ChangeProfile', firstName: '' })
      .thenHappens(createProfileChangedFact({ person: { firstName: '' } }));
  });

  test('is for verified accounts', () => {
    const change = { type: 'ChangeProfile', username: 'countess' } as const;
    given(createUserRegisteredFact(createTestLink('A')))
      .when(change)
      .thenRefused('account_not_verified');
    given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('expired'))
      .when(change)
      .thenRefused('account_not_verified');
    given().when(change).thenRefused('account_not_verified');
  });
});
