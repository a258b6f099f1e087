import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countEventLoopTurns } from '../testing/count-turns.ts';
import { createClearlyStrongCheck } from './clearly-strong.ts';
import { computeWordRanks } from './strength.ts';
import { mergeWordLists } from './word-lists.ts';

const words = Array.from({ length: 10_000 }, (_, index) => `word number ${index}`);

describe('other work runs', () => {
  test('while lists of words are merged', async () => {
    const { turns } = await countEventLoopTurns(() => mergeWordLists([words, words.slice(0, 3000)]));
    assert.ok(turns >= 20, `${turns} turns`);
  });

  test('while words are hashed', async () => {
    const known = { words, keyboards: {}, substitutions: {} };
    const { turns } = await countEventLoopTurns(() => createClearlyStrongCheck(known));
    assert.ok(turns >= 9, `${turns} turns`);
  });

  test('while words are ranked', async () => {
    const { turns } = await countEventLoopTurns(() => computeWordRanks(words));
    assert.ok(turns >= 2, `${turns} turns`);
  });
});

test('lists of words are merged by rank, without short words and repetitions', async () => {
  const merged = await mergeWordLists([['der', 'straße', 'ab'], ['été', 'der'], []]);
  assert.deepEqual(merged, ['der', 'été', 'ete', 'straße', 'strasse']);
});

test('ranks are counted from 1', async () => {
  const ranks = await computeWordRanks(words);
  assert.deepEqual([ranks[words[0] ?? ''], ranks[words.at(-1) ?? '']], [1, words.length]);
});
