import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutantsOf } from './mutate.ts';

function faults(source: string): readonly string[] {
  return mutantsOf(source).map(({ source: mutated }) => mutated);
}

test('swaps comparisons, to the edge and beyond', () => {
  assert.deepEqual(faults('a < b;'), ['a <= b;', 'a > b;']);
  assert.deepEqual(faults('a === b && c;'), ['a === b || c;', 'a !== b && c;']);
});

test('fixes conditions, and removes what they guard', () => {
  assert.deepEqual(faults('if (!a) throw e;'), [
    'if (true) throw e;',
    'if (false) throw e;',
    'if (a) throw e;',
    'if (!a) {}',
  ]);
});

test('leaves types and imports alone, and says where a fault is', () => {
  const source = "import { a } from './a.ts';\ntype B = 1 | true;\nconst c = 2;\n";
  assert.deepEqual(
    mutantsOf(source).map(({ line, original, replacement }) => [line, original, replacement]),
    [[3, '2', '(2 + 1)']],
  );
});
