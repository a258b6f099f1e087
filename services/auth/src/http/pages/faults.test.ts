import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problems, rateLimited } from '@latchkey/http';
import { passwordFault } from '../../credentials/password-rules.ts';
import { authProblems, refused } from '../problems.ts';
import { faultIn, problemIn } from './faults.ts';
import { languageFor } from './texts.ts';

const en = languageFor('en');
const de = languageFor('de');
const ada = { email: 'ada@example.com', username: 'countess' };

/** As the rules and refusals put it themselves, so that a new wording there fails here. */
function said(password: string): string {
  return passwordFault(password, ada) ?? 'no fault';
}

describe('a fault', () => {
  const faults: readonly (readonly [string, RegExp])[] = [
    [said('short'), /zu kurz.*mindestens 8 Zeichen/],
    [said('x'.repeat(129)), /zu lang.*höchstens 128 Zeichen/],
    [said('ada@example.com'), /weder Ihre E-Mail-Adresse/],
    [said('password'), /häufigsten/],
    [authProblems.passwords_do_not_match.title, /nicht gleich/],
    [refused('password_required').message, /Passwort dieser Anmeldung/],
  ];
  for (const [sentence, german] of faults) {
    it(`that the API calls "${sentence}" is said in the reader's language`, () => {
      assert.match(faultIn(de, sentence), german);
      assert.notEqual(faultIn(en, sentence), faultIn(de, sentence));
    });
  }

  it('that is not known is said as it is', () => {
    assert.equal(faultIn(de, 'Something else.'), 'Something else.');
  });
});

describe('a problem', () => {
  it('is said in words for people where its code is known', () => {
    for (const spec of Object.values(problems)) {
      assert.notEqual(problemIn(de, spec).title, problemIn(en, spec).title);
      assert.notEqual(problemIn(en, spec).title, spec.title);
    }
  });

  it('names the wait, where there is one, rounded up', () => {
    function limited(seconds: number) {
      const { spec, details } = rateLimited(seconds);
      return { ...spec, detail: details.detail };
    }
    assert.equal(problemIn(en, limited(841)).paragraphs.at(-1), 'Try again in 15 minutes.');
    assert.equal(problemIn(de, limited(1)).paragraphs.at(-1), 'Versuchen Sie es in 1 Sekunde noch einmal.');
  });

  it('of another code is said as the API says it, once', () => {
    const title = 'Account Disabled';
    assert.deepEqual(problemIn(de, { code: 'account_disabled', title, detail: 'Ask.' }), {
      title,
      paragraphs: ['Ask.'],
    });
    assert.deepEqual(problemIn(de, { code: 'constructor', title, detail: title }).paragraphs, []);
  });
});
