import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { generalTranslations } from './general-texts.ts';
import { standardProblems } from './problem.ts';
import { publicAccessPolicy, route } from './route.ts';
import { serveRoutes } from './testing/serve.ts';
import { germanTexts } from './texts.de.ts';
import { createTranslator } from './translate.ts';

const tea = route({
  method: 'POST',
  path: '/tea',
  tag: 'tea',
  summary: 'Makes tea',
  policy: publicAccessPolicy,
  body: z.object({
    name: z.string().min(3).max(5),
    kind: z.enum(['green', 'black']),
    cups: z.number().int().min(1),
    milk: z.boolean(),
    herb: z
      .string()
      .refine((herb) => herb === 'mint', 'must be mint')
      .optional(),
  }),
  texts: { de: { 'must be mint': 'muss Minze sein' } },
  moreFaults: (body) =>
    typeof body === 'object' && body !== null && 'milk' in body && body.milk === 'oat'
      ? [{ pointer: '#/milk', code: 'sold_out', message: 'is sold out' }]
      : [],
  answers: { 204: { description: 'Tea' } },
  handle: async () => ({ status: 204 }),
});

const wrong = { name: 'ab', kind: 'red', cups: 0.5, milk: 'oat', herb: 'sage', sugar: 1 };

describe('messages in other languages', () => {
  it('are those that the client prefers among those that there are; codes and pointers stay', async (t) => {
    const { post } = await serveRoutes(t, [tea]);
    async function answerIn(language: string) {
      const response = await post('/tea', wrong, { 'Accept-Language': language });
      const { errors, ...problem } = JSON.parse(await response.text());
      return {
        language: response.headers.get('content-language'),
        vary: response.headers.get('vary'),
        problem,
        errors,
      };
    }
    const english = await answerIn('en');
    for (const language of ['de', 'de-AT', 'it, de;q=0.8, en;q=0.5']) {
      const german = await answerIn(language);
      assert.equal(german.language, 'de');
      assert.match(german.vary ?? '', /Accept-Language/);
      assert.equal(german.problem.title, 'Ungültige Eingabe');
      assert.equal(german.problem.detail, 'Die Anfrage hat 7 Fehler.');
      assert.deepEqual(
        german.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
        english.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
      );
      const messages = german.errors.map(({ message }: { message: string }) => message);
      for (const message of [
        'muss mindestens 3 Zeichen haben',
        'muss "green" oder "black" sein',
        'muss true oder false sein',
        'muss Minze sein',
        'ist kein bekanntes Feld',
      ])
        assert.ok(messages.includes(message), `${message}: ${messages}`);
    }
    for (const language of ['it', 'en-GB, de;q=0.1', '*', ';;']) {
      const { language: answered, problem } = await answerIn(language);
      assert.equal(answered, 'en');
      assert.equal(problem.title, 'Validation Failed');
    }
  });

  it('are not chosen by a header that is longer than clients send', async (t) => {
    const { post } = await serveRoutes(t, [tea]);
    const longest = `de;q=0.9${','.repeat(992)}`;
    for (const [header, language] of [
      [longest, 'de'],
      [`${longest},`, 'en'],
    ] as const) {
      const { headers } = await post('/tea', wrong, { 'Accept-Language': header });
      assert.equal(headers.get('content-language'), language);
    }
  });

  it('translate lists of any length, and what is said about the position of a fault', () => {
    const translate = createTranslator(germanTexts);
    assert.equal(translate('must be "a"'), 'muss "a" sein');
    assert.equal(translate('must be "a" or "b" or "c" or "d"'), 'muss "a" oder "b" oder "c" oder "d" sein');
    assert.equal(translate('is not valid JSON, at character 2'), 'ist kein gültiges JSON, bei Zeichen 2');
    assert.equal(
      translate('The request has a fault. #: is nested deeper than 20 levels, at character 21'),
      'Die Anfrage hat einen Fehler. #: ist tiefer als 20 Ebenen verschachtelt, bei Zeichen 21',
    );
  });

  it('translate the message within a detail, and leave what they do not know', () => {
    const translate = createTranslator(germanTexts);
    assert.equal(
      translate('The request has a fault. #/name: must have at most 5 characters'),
      'Die Anfrage hat einen Fehler. #/name: darf höchstens 5 Zeichen haben',
    );
    assert.equal(translate('toString'), 'toString');
    assert.equal(translate('Anything else.'), 'Anything else.');
  });

  it('exist for every general problem', () => {
    for (const catalogue of Object.values(generalTranslations)) {
      const translate = createTranslator(catalogue);
      for (const { title } of Object.values(standardProblems)) assert.notEqual(translate(title), title);
    }
  });
});

describe('faults that only the handler would find', () => {
  it('are listed with those of the schemas', async (t) => {
    const { post } = await serveRoutes(t, [tea]);
    const { errors } = JSON.parse(await (await post('/tea', wrong)).text());
    assert.deepEqual(errors.at(-1), { pointer: '#/milk', code: 'sold_out', message: 'is sold out' });
    const { errors: others } = JSON.parse(await (await post('/tea', { ...wrong, milk: 'soy' })).text());
    assert.ok(others.every(({ code }: { code: string }) => code !== 'sold_out'));
  });
});
