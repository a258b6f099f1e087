import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  activateGeneration,
  addGeneration,
  findCandidateGeneration,
  findLeftoverGenerations,
  findPreviousGeneration,
  getGenerationConsumerGroup,
  getGenerationNameSuffix,
  initialGenerationPointer,
  stopInactiveGenerations,
} from './pointer.ts';

const NOON = new Date('2026-03-01T12:00:00.000Z');

test('a rebuild goes from one generation to the next, and back', () => {
  const building = addGeneration(initialGenerationPointer);
  assert.deepEqual(building, { active: 1, running: [1, 2], last: 2, version: 1 });
  assert.deepEqual([findCandidateGeneration(building), findPreviousGeneration(building)], [2, undefined]);

  const flipped = activateGeneration(building, 2, NOON);
  assert.deepEqual(flipped, {
    active: 2,
    running: [1, 2],
    last: 2,
    since: '2026-03-01T12:00:00.000Z',
    version: 2,
  });
  assert.deepEqual([findCandidateGeneration(flipped), findPreviousGeneration(flipped)], [undefined, 1]);

  const back = activateGeneration(flipped, 1, NOON);
  assert.deepEqual(
    [back.active, findCandidateGeneration(back), findPreviousGeneration(back)],
    [1, 2, undefined],
  );
});

test('the number of a generation is never reused, even if its rebuild was given up', () => {
  const givenUp = stopInactiveGenerations(addGeneration(initialGenerationPointer));
  assert.deepEqual(givenUp.running, [1]);
  assert.deepEqual(addGeneration(givenUp).running, [1, 3]);
});

test('the first generation keeps the names that it had before there were others', () => {
  assert.deepEqual([getGenerationNameSuffix(1), getGenerationConsumerGroup(1)], ['v1', 'user']);
  assert.deepEqual([getGenerationNameSuffix(2), getGenerationConsumerGroup(2)], ['v2', 'user.v2']);
});

test('a stored generation that is not being filled is a leftover, unless it is only being prepared', () => {
  const dropped = stopInactiveGenerations(addGeneration(addGeneration(initialGenerationPointer)));
  assert.deepEqual(findLeftoverGenerations(dropped, [1, 2, 3, 4]), [2, 3]);
  assert.deepEqual(findLeftoverGenerations(addGeneration(dropped), [1, 3, 4]), [3]);
});
