import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC, topics } from '@latchkey/events';
import { createLogger } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('topics with a name that TOPIC_NAMES replaces are not searched, and the command says so', async (t) => {
  const folder = await createTemporaryFolder(t);
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database, logger: createLogger({ name: 'x', level: 'silent' }) });
  const renamed = `${ACCOUNTS_TOPIC}.new`;
  await bus.ensureTopics([...topics, ...topics.map((topic) => ({ ...topic, name: `${topic.name}.new` }))]);
  await bus.publish(ACCOUNTS_TOPIC, [
    { key: randomUUID(), value: Buffer.from('{"person":{"email":"ada@example.com"}}'), headers: {} },
  ]);
  await bus.close();
  await database.close();
  function check(...words: readonly string[]) {
    const settings = { DATA_DIR: folder, TOPIC_NAMES: `${ACCOUNTS_TOPIC}=${renamed}` };
    return runCommandInProcess(settings, 'erase', 'ada@example.com', ...words);
  }
  const { out, err } = await check('--check');
  assert.doesNotMatch(out, /^topic /m);
  assert.match(out, /^Topics that were searched: accounts\.events\.v1\.new, deliveries\.events\.v1, /m);
  assert.equal(
    err,
    `not searched: ${ACCOUNTS_TOPIC}. If this system used it before TOPIC_NAMES was changed, add: --topics ${ACCOUNTS_TOPIC}\n`,
  );
  const named = await check('--check', '--topics', ACCOUNTS_TOPIC);
  assert.match(named.out, /^topic accounts\.events\.v1: 1$/m);
  assert.equal(named.err, '');
  const repeated = await check('--check', '--topics', ACCOUNTS_TOPIC, '--topics', renamed);
  assert.equal(repeated.out, named.out);
  assert.match((await check('--topics', ACCOUNTS_TOPIC)).err, /--topics requires --check/);
});
