import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latchkeyConsumers } from '@latchkey/events';
import type { ErasedDataRemnants } from '@latchkey/store';
import { computeErasedDataInFile } from './file.ts';

const CONFIRMED_AT = '2026-03-01T12:00:00.000Z';
const [before, after] = [new Date('2026-03-01T11:59:59.999Z'), new Date('2026-03-01T12:00:00.001Z')];
const receipts = latchkeyConsumers.map((consumer) => ({ consumer, confirmedAt: CONFIRMED_AT }));

function isClean(remains: ErasedDataRemnants, confirmed = receipts): boolean {
  return computeErasedDataInFile({ receipts: confirmed }, { name: 'latchkey.sqlite', remains }).clean;
}

test('the file is clean of a person if it was rewritten after the erasure, or nothing was erased since', () => {
  assert.equal(isClean({ possible: false }), true);
  assert.equal(isClean({ possible: false, rewrittenAt: before }), true);
  assert.equal(isClean({ possible: true, rewrittenAt: after }), true);
  assert.equal(isClean({ possible: true, rewrittenAt: before }), false);
  assert.equal(isClean({ possible: true }), false);
});

test('the file is not clean before all services of Latchkey have erased the person', () => {
  for (const [index] of receipts.entries())
    assert.equal(isClean({ possible: false, rewrittenAt: after }, receipts.toSpliced(index, 1)), false);
});
