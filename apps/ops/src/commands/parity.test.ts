import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerationComparison } from '@latchkey/user/ops';
import { assertGenerationCanBeActivated } from './parity.ts';

const same: GenerationComparison = {
  accounts: 3,
  differing: 0,
  fields: {},
  examples: [],
  parked: 0,
  parkedExamples: [],
  freed: 0,
  repaired: 0,
  repairedExamples: [],
  apart: 0,
  apartExamples: [],
};

test('a generation that is behind in some accounts becomes active only if that is accepted', () => {
  const apart = { ...same, apart: 2, apartExamples: ['ada', 'ben'] };
  const printed: string[] = [];
  const context = { print: (line: string) => void printed.push(line) };
  assert.throws(() => assertGenerationCanBeActivated(2, apart, false, context), {
    message:
      'Not switched over: 2 accounts have not reached in generation 2 the event that they have in the active one, such as ada, ben. Is the user service running? If a backup was restored, the active one may have events that are no longer on the topic: repeat with --accept-differences.',
  });
  assert.deepEqual(printed, []);
  assertGenerationCanBeActivated(2, apart, true, context);
  assert.deepEqual(printed, [
    '1 account compared, field by field: no difference.',
    'Accepted: 2 accounts at different events in the two generations, such as ada, ben.',
  ]);
});

test('a generation that has more events of some accounts becomes active, and repairs these accounts', () => {
  const printed: string[] = [];
  const repaired = { ...same, repaired: 2, repairedExamples: ['ada', 'ben'] };
  assertGenerationCanBeActivated(2, repaired, false, { print: (line) => void printed.push(line) });
  assert.deepEqual(printed, [
    '1 account compared, field by field: no difference.',
    'Generation 2 has events of 2 accounts that the active one lacks, such as ada, ben: switching over repairs them.',
  ]);
});

test('a generation in which more accounts are parked never becomes active', () => {
  assert.throws(
    () => assertGenerationCanBeActivated(2, { ...same, parked: 1 }, true, { print: () => assert.fail() }),
    /^Error: Not switched over: 1 account parked in generation 2/,
  );
});
