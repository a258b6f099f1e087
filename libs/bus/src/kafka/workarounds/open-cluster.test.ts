import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka } from 'kafkajs';
import { openKafkajsCluster } from './open-cluster.ts';

test('a version of kafkajs that creates its partition assigners later is refused, before anything is connected', async () => {
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: 0 });
  const { consumer } = kafka;
  kafka.consumer = (options) => {
    const created = consumer.call(kafka, { ...options, partitionAssigners: [] });
    return { ...created, connect: () => assert.fail('connected') };
  };
  await assert.rejects(openKafkajsCluster(kafka, 'letters'), /creates its partition assigners later/);
});
