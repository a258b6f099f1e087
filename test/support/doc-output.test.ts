import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutputComparer } from './doc-output.ts';

const SHOWN = '01a1ff4e-4c69-77ba-93b1-fcec3de4b88f';
const REAL = '01a222a4-1817-73ff-a42b-df17924b7dd3';

function accepts(shown: string, printed: string, isJson = false): boolean {
  try {
    createOutputComparer().check(printed, shown, isJson, 'here');
    return true;
  } catch {
    return false;
  }
}

test('numbers, instants and the width of columns may differ', () => {
  assert.ok(accepts('5 of 12,000  sent 2026-11-21T18:10:38.278Z', '17 of 3 sent 2027-01-01T00:00:00.000Z'));
});

test('any other difference is found', () => {
  assert.ok(!accepts('5 sent', '5 failed'));
  assert.ok(!accepts('5 sent', '5 sent\n1 failed'));
  assert.ok(!accepts('5 sent\n1 failed', '5 sent'));
});

test('an ellipsis stands for anything, and for nothing', () => {
  assert.ok(accepts('first\n…\nlast', 'first\n2\n3\nlast'));
  assert.ok(accepts('…\nfirst\n…\nlast', 'first\nlast'));
  assert.ok(!accepts('first\n…\nlast', 'first\n2'));
});

test('JSON is compared without white space, and its numbers exactly', () => {
  assert.ok(accepts('{"a": [1, 2]}', '{"a":[1,2]}', true));
  assert.ok(!accepts('{"status": 401}', '{"status":403}', true));
});

test('an id stands for one id, in commands too', () => {
  const reader = createOutputComparer();
  reader.check(`parked ${REAL}`, `parked ${SHOWN}`, false, 'here');
  assert.equal(reader.resolve(`show ${SHOWN}`), `show ${REAL}`);
  assert.throws(() => reader.check(`parked ${SHOWN}`, `parked ${SHOWN}`, false, 'here'));
});

test('a command must not contain an id that no output has shown', () => {
  assert.throws(() => createOutputComparer().resolve(`show ${SHOWN}`), /no output before this command/);
});
