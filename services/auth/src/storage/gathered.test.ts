import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gathered } from './gathered.ts';

describe('questions that are gathered', () => {
  test('are one where they are asked at the same time, and each gets its own answer', async () => {
    const asked: (readonly string[])[] = [];
    const lengthOf = gathered(async (words: readonly string[]) => {
      asked.push(words);
      return new Map(words.filter((word) => word !== '').map((word) => [word, word.length]));
    });
    assert.deepEqual(await Promise.all(['one', 'three', '', 'one'].map(lengthOf)), [3, 5, undefined, 3]);
    assert.deepEqual(asked, [['one', 'three', '']]);
  });

  test('wait for none that is being answered: what is asked later is answered by what is there then', async () => {
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const count = gathered(async (keys: readonly string[]) => {
      const mine = asked++;
      await answers[mine]?.promise;
      return new Map(keys.map((key) => [key, mine]));
    });
    const first = count('a');
    await Promise.resolve();
    const second = count('a');
    answers[1]?.resolve();
    assert.equal(await second, 1);
    answers[0]?.resolve();
    assert.equal(await first, 0);
  });

  test('fail together, and the next ones are asked anew', async () => {
    let fails = true;
    const count = gathered(async (keys: readonly string[]) => {
      if (fails) throw new Error('away');
      return new Map(keys.map((key) => [key, 1]));
    });
    const results = await Promise.allSettled(['a', 'b'].map(count));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    fails = false;
    assert.equal(await count('a'), 1);
  });
});
