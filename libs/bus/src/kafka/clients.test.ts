import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { createKafkaClients } from './clients.ts';

/** The modules of kafkajs whose classes all kafkajs clients in this process share. */
const MODULES = [
  'kafkajs',
  'kafkajs/src/cluster/index.js',
  'kafkajs/src/network/connection.js',
  'kafkajs/src/network/connectionPool.js',
  'kafkajs/src/network/requestQueue/index.js',
  'kafkajs/src/protocol/decoder.js',
] as const;

function membersOfShared() {
  const load = createRequire(import.meta.url);
  return MODULES.map((name) => {
    const loaded = load(name);
    return Object.getOwnPropertyDescriptors((name === 'kafkajs' ? loaded.Kafka : loaded).prototype);
  });
}

test('a client changes nothing that other clients of the process share, unless asked', async () => {
  const before = membersOfShared();
  const { prompt, patient } = createKafkaClients(
    { brokers: ['127.0.0.1:1'], clientId: 'a' },
    { warn: () => undefined },
  );
  await assert.rejects(prompt.admin().connect());
  patient.producer();
  assert.deepEqual(membersOfShared(), before);
});
