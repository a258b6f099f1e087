import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureLog } from '@latchkey/process/testing';
import { createTopicWatch } from './topic-watch.ts';

test('topics that are altered while the service runs are reported, each fault once, until they are right', async (t) => {
  let faults: readonly string[] = [];
  let isAway = false;
  const log = captureLog();
  const watch = createTopicWatch({
    async readFaults() {
      if (isAway) throw new Error('away');
      return faults;
    },
    logger: log.logger,
  });
  t.after(() => watch.close());
  await watch.compare();
  assert.equal(watch.health().state, 'ok');

  faults = ['The topic a exists with retention.ms 1000, not -1.'];
  await watch.compare();
  await watch.compare();
  assert.deepEqual([watch.health().state, watch.health().detail], ['degraded', faults[0]]);
  assert.equal(log.lines().length, 1);

  isAway = true;
  await watch.compare();
  assert.equal(watch.health().state, 'degraded');
  isAway = false;
  faults = [];
  await watch.compare();
  assert.equal(watch.health().state, 'ok');
});
