import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createPasswordRules, normalizePassword, type PasswordFault } from './rules.ts';

const ada = {
  email: 'Ada.Lovelace@Example.com',
  username: 'Countess_Ada',
  firstName: 'Augusta',
  lastName: 'King-Noël',
};
const rules = createPasswordRules({ minLength: 10, serviceName: 'Analytical Engine' });

describe('a new password', () => {
  const taken: readonly (readonly [string, string])[] = [
    ['10 characters', 'k7#qTz!eV4'],
    ['128 characters', 'k7#qTz!eV4 plum gravel otter 88 hat'.repeat(4).slice(0, 128)],
    ['characters that are two UTF-16 units each', '🔑🐎🔋📎🌵🥝🧭🪁🛶🧲'],
    ['spaces around it, which count', ' k7#qTz ! '],
    ['letters alone', 'correct horse battery staple'],
  ];
  for (const [what, password] of taken) {
    test(`of ${what} is accepted`, async () => assert.equal(await rules.fault(password, ada), undefined));
  }

  const refused: readonly (readonly [string, string, PasswordFault])[] = [
    ['with 9 characters', 'k7#qTz!eV', 'too_short'],
    ['with 9 characters that are two UTF-16 units each', '🔑'.repeat(9), 'too_short'],
    ['with 9 characters once composed', 'e\u0301'.repeat(9), 'too_short'],
    ['with 129 characters', 'x'.repeat(129), 'too_long'],
    ['that is common', 'Password1!', 'common'],
    ['that is common, with digits', 'letmein123', 'common'],
    ['that is common, in another spelling', 'p@55w0rd12', 'common'],
    ['of one character', 'aaaaaaaaaa', 'repeated'],
    ['of one word again and again', 'plum!plum!plum!', 'repeated'],
    ['that is a row of keys', 'qwertzuiop1', 'sequence'],
    ['that is a sequence', 'abcdefghij', 'sequence'],
    ['that is the own address', 'Ada.Lovelace@Example.com', 'own_words'],
    ['that is the own address in another case', 'ada.lovelace@EXAMPLE.com', 'own_words'],
    ['that is the local part of the own address', 'ada.LOVELACE', 'own_words'],
    ['that is the local part without its dot, and a year', 'adalovelace2026', 'own_words'],
    ['that is the own username', 'countess_ada', 'own_words'],
    ['that is the own username and a digit', 'countess_ada1', 'own_words'],
    ['that is the own first and last name', 'AugustaKingNoël', 'own_words'],
    ['that is the own last name and a year', 'King-Noël1815', 'own_words'],
    ['that is the own last name before the first', 'kingnoëlaugusta', 'own_words'],
    ['that is the name of the service and a year', 'AnalyticalEngine2026', 'own_words'],
  ];
  for (const [what, password, fault] of refused) {
    test(`${what} is refused`, async () => assert.equal(await rules.fault(password, ada), fault));
  }

  test('is refused if it contains the domain of the address, in Unicode or in Punycode', async () => {
    const owner = { email: 'ada@bücher.example', username: 'ada' };
    assert.equal(await rules.fault('ADA@BÜCHER.example', owner), 'own_words');
    assert.equal(await rules.fault('ada@xn--bcher-kva.example', owner), 'own_words');
  });

  test('is refused if it is one of the most common passwords that are long enough', async () => {
    const file = new URL(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'));
    const byRank: string[] = JSON.parse(readFileSync(file, 'utf8'));
    const choosable = byRank.slice(0, 30_000).filter((password) => password.length >= 10);
    assert.ok(choosable.length > 100);
    for (const password of choosable) assert.notEqual(await rules.fault(password, ada), undefined, password);
  });

  for (const password of [
    'contraseña1',
    'contrasena12',
    'motdepasse12',
    'passwort1234',
    'fußball2024',
    'fussball2024',
    'schmetterling',
    'segredo1234',
    'senha12345',
    'guadalupe1',
    'printemps24!',
    'münchen2024',
    'mu\u0308nchen2024',
    'liebling99',
    'qwertz12345',
    'azerty12345',
  ])
    test(`that is a common word or name of another language is refused: ${password}`, async () => {
      assert.notEqual(await rules.fault(password, ada), undefined);
    });

  for (const password of ['le chat noir danse', 'drei kleine schweinchen', 'correct horse battery'])
    test(`that consists of several words is accepted: ${password}`, async () => {
      assert.equal(await rules.fault(password, ada), undefined);
    });

  test('is refused if it is known from a breach, however its characters are composed', async () => {
    const asked: string[] = [];
    const strict = createPasswordRules({
      minLength: 8,
      serviceName: '',
      isBreached: (password) => asked.push(password) > 0,
    });
    assert.equal(await strict.fault('cafe\u0301 horse battery', ada), 'breached');
    assert.deepEqual(asked, ['café horse battery']);
  });

  test('is the same however its characters are composed', () => {
    assert.equal(normalizePassword('cafe\u0301 '), 'café ');
  });
});
