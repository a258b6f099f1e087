import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { normalisePassword, passwordFault } from './password-rules.ts';

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

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['with 7 characters', 'k7#qTz!', /at least 8/],
    ['with 7 characters that are two UTF-16 units each', '🔑'.repeat(7), /at least 8/],
    ['with 7 characters once composed', 'e\u0301'.repeat(7), /at least 8/],
    ['with 129 characters', 'x'.repeat(129), /at most 128/],
    ['that is common', 'password', /most common/],
    ['that is common, in another case', 'PassWord', /most common/],
    ['that is common and made of digits', '12345678', /most common/],
    ['that is the own address', 'Ada.Lovelace@Example.com', /neither/],
    ['that is the own address in another case', 'ada.lovelace@EXAMPLE.com', /neither/],
    ['that is the local part of the own address', 'ada.LOVELACE', /neither/],
    ['that is the own username', 'countess_ada', /neither/],
  ];
  for (const [what, password, fault] of refused) {
    test(`${what} is refused`, () => assert.match(passwordFault(password, ada) ?? '', fault));
  }

  test('is refused where the own domain is typed as it is shown', () => {
    const owner = { email: 'ada@bücher.example', username: 'ada' };
    assert.match(passwordFault('ADA@BÜCHER.example', owner) ?? '', /neither/);
    assert.match(passwordFault('ada@xn--bcher-kva.example', owner) ?? '', /neither/);
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
