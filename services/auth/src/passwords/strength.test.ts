import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClearStrengthCheck } from './clearly-strong.ts';
import { rankWords } from './strength.ts';
import { mergeWordLists } from './word-lists.ts';

/** Returns how many turns of the event loop begin while work is done. The work must not wait for I/O. */
async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  try {
    await work();
    return turns;
  } finally {
    clearImmediate(counting);
  }
}

const words = Array.from({ length: 10_000 }, (_, index) => `word number ${index}`);

describe('other work runs', () => {
  test('while lists of words are merged', async () => {
    assert.ok((await countTurns(() => mergeWordLists([words, words.slice(0, 3000)]))) >= 20);
  });

  test('while words are hashed', async () => {
    const known = { words, keyboards: {}, substitutions: {} };
    assert.ok((await countTurns(() => createClearStrengthCheck(known))) >= 9);
  });

  test('while words are ranked', async () => {
    assert.ok((await countTurns(() => rankWords(words))) >= 2);
  });
});

test('lists of words are merged by rank, without short words and repetitions', async () => {
  const merged = await mergeWordLists([['der', 'straße', 'ab'], ['été', 'der'], []]);
  assert.deepEqual(merged, ['der', 'été', 'ete', 'straße', 'strasse']);
});

test('ranks are counted from 1', async () => {
  const ranks = await rankWords(words);
  assert.deepEqual([ranks[words[0] ?? ''], ranks[words.at(-1) ?? '']], [1, words.length]);
});
