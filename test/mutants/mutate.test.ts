import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMutants } from './mutate.ts';

function faults(source: string): readonly string[] {
  return createMutants(source).map(({ source: mutated }) => mutated);
}

test('swaps comparison operators, for others with and without equality', () => {
  assert.deepEqual(faults('a < b;'), ['a <= b;', 'a > b;']);
  assert.deepEqual(faults('a === b && c;'), ['a === b || c;', 'a !== b && c;']);
});

test('replaces conditions by constants, and removes the statements that they guard', () => {
  assert.deepEqual(faults('if (!a) throw e;'), [
    'if (true) throw e;',
    'if (false) throw e;',
    'if (a) throw e;',
    'if (!a) {}',
  ]);
});

test('removes objects from lists, and values from templates', () => {
  assert.deepEqual(faults('f([{ a }, b]);'), ['f([...[], b]);']);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
  assert.deepEqual(faults('`${a} ${b}`;'), ["`${''} ${b}`;", "`${a} ${''}`;"]);
});

test('does not change types and imports, and reports the line of a fault', () => {
  const source = "import { a } from './a.ts';\ntype B = 1 | true;\nconst c = 2;\n";
  assert.deepEqual(
    createMutants(source).map(({ line, original, replacement }) => [line, original, replacement]),
    [[3, '2', '(2 + 1)']],
  );
});
