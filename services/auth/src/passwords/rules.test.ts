import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { normalisePassword, type PasswordFault, passwordFault } from './rules.ts';

const ada = { email: 'Ada.Lovelace@Example.com', username: 'Countess_Ada' };

describe('a new password', () => {
  const taken: readonly (readonly [string, string])[] = [
    ['8 characters', 'k7#qTz!e'],
    ['128 characters', 'xy'.repeat(64)],
    ['128 characters that are two UTF-16 units each', '🔑'.repeat(128)],
    ['spaces around it, which count', ' k7#qTz '],
    ['letters alone', 'correct horse battery staple'],
  ];
  for (const [what, password] of taken) {
    test(`of ${what} is taken`, () => assert.equal(passwordFault(password, ada), undefined));
  }

  const refused: readonly (readonly [string, string, PasswordFault])[] = [
    ['with 7 characters', 'k7#qTz!', 'too_short'],
    ['with 7 characters that are two UTF-16 units each', '🔑'.repeat(7), 'too_short'],
    ['with 7 characters once composed', 'e\u0301'.repeat(7), 'too_short'],
    ['with 129 characters', 'x'.repeat(129), 'too_long'],
    ['that is common', 'password', 'common'],
    ['that is common, in another case', 'PassWord', 'common'],
    ['that is common and made of digits', '12345678', 'common'],
    ['that is the own address', 'Ada.Lovelace@Example.com', 'own_words'],
    ['that is the own address in another case', 'ada.lovelace@EXAMPLE.com', 'own_words'],
    ['that is the local part of the own address', 'ada.LOVELACE', 'own_words'],
    ['that is the own username', 'countess_ada', 'own_words'],
  ];
  for (const [what, password, fault] of refused) {
    test(`${what} is refused`, () => assert.equal(passwordFault(password, ada), fault));
  }

  test('is refused where the own domain is typed as it is shown', () => {
    const owner = { email: 'ada@bücher.example', username: 'ada' };
    assert.equal(passwordFault('ADA@BÜCHER.example', owner), 'own_words');
    assert.equal(passwordFault('ada@xn--bcher-kva.example', owner), 'own_words');
  });

  test('is refused if it is one of the 10,000 commonest that are long enough', () => {
    const file = new URL(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'));
    const byRank: string[] = JSON.parse(readFileSync(file, 'utf8'));
    const choosable = byRank.filter((password) => password.length >= 8);
    assert.ok(choosable.length > 10_000);
    for (const password of choosable.slice(0, 10_000)) {
      assert.notEqual(passwordFault(password, ada), undefined, password);
    }
    assert.equal(passwordFault(choosable[10_000] ?? '', ada), undefined);
  });

  test('is the same however its characters are composed', () => {
    assert.equal(normalisePassword('cafe\u0301 '), 'café ');
  });
});
