import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Readiness } from '../run-folder.ts';
import { checkFullDisks } from './full-disk-rules.ts';
import { formatMinuteOfRun } from './testing/good-run.ts';

function isBroken(readiness?: Readiness): boolean {
  const line = { at: formatMinuteOfRun(1), fault: 'full-disk', target: 'disk', until: formatMinuteOfRun(2) };
  return checkFullDisks([{ ...line, ...(readiness && { readiness }) }]).length > 0;
}

test('a full disk must be reported for each store, if there was time for that', () => {
  const down = ['deliveries', 'journal', 'sessions'].map((name) => `${name}: the disk is full`);
  assert.equal(isBroken({ answeredMs: 7_000, down }), false);
  for (const one of down)
    assert.equal(isBroken({ answeredMs: 7_000, down: down.filter((each) => each !== one) }), true);
  assert.equal(isBroken({ answeredMs: 6_999, down: [] }), false);
  assert.equal(isBroken(), false);
});
