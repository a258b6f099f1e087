import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as exported from './topics.ts';

test('the list of all topics has each that this package names, once', () => {
  const named = Object.entries(exported).flatMap(([name, value]) => (name.endsWith('_TOPIC') ? value : []));
  assert.deepEqual(
    exported
      .allTopics()
      .map(({ name }) => name)
      .toSorted(),
    named.toSorted(),
  );
});
