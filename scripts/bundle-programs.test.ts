import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { escapeNonAscii } from './bundle-programs.ts';

test('the code of a bundle means the same in ASCII', () => {
  const code = "['é → 😀', `…`, /^[à-ü😀]+$/u.test('é😀'), { größe: 1 }.größe]";
  const escaped = escapeNonAscii(code);
  assert.match(escaped, /^\p{ASCII}*$/u);
  assert.deepEqual([...runInNewContext(escaped)], ['é → 😀', '…', true, 1]);
});

for (const [title, code] of [
  ['after a backslash', "'\\é'"],
  ['in a raw string', 'String.raw`a é`'],
] as const) {
  test(`bundling refuses a character ${title}, because its escape would mean something else`, () => {
    assert.throws(() => escapeNonAscii(code), /cannot escape/);
  });
}
