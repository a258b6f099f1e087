import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceUnavailableRefusal } from '@latchkey/tokens';
import { Refusal } from './refusal.ts';

function answerIn(acceptLanguage?: string, detail?: string) {
  const refusal = new Refusal(serviceUnavailableRefusal, detail === undefined ? {} : { detail });
  const { headers, body } = refusal.answer('request-1234', acceptLanguage);
  const { title, detail: said, code } = JSON.parse(body);
  return { language: headers['Content-Language'], title, detail: said, code };
}

test('a refusal is in the language that the client prefers most of those that exist', () => {
  const titles = { de: 'Vorübergehend nicht verfügbar', fr: 'Temporairement indisponible' };
  const pt = 'Temporariamente indisponível';
  for (const [header, language, title] of [
    ['de-CH', 'de', titles.de],
    ['fr;q=0.3, de;q=0.4', 'de', titles.de],
    ['ja, pt-BR, de', 'pt', pt],
    ['es', 'es', 'No disponible temporalmente'],
    ['en, de', 'en', 'Service Unavailable'],
    ['ja', 'en', 'Service Unavailable'],
    ['de;q=0', 'en', 'Service Unavailable'],
    ['__proto__, constructor', 'en', 'Service Unavailable'],
    [undefined, 'en', 'Service Unavailable'],
  ] as const)
    assert.deepEqual(answerIn(header), { language, title, detail: title, code: 'unavailable' }, header);
});

test('a text of another program has no translation', () => {
  assert.equal(answerIn('de', 'Our list is away.').detail, 'Our list is away.');
  assert.equal(answerIn('de', 'toString').detail, 'toString');
});
