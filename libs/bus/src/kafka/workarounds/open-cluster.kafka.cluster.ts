import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createKafkaClients } from '../clients.ts';
import { fetchRecordsFrom } from '../read-partition.ts';
import { kafkaConnectionForTests, openKafkaTestBus, silentLogger } from '../testing/test-bus.ts';
import { openKafkajsCluster } from './open-cluster.ts';

test('a borrowed cluster fetches records, and its group does not exist on the brokers', async (context) => {
  const under = await openKafkaTestBus();
  context.after(() => under.close());
  const topic = `letters-${randomUUID()}`;
  await under.bus.ensureTopics([{ name: topic, partitions: 1, retentionMs: -1 }]);
  const value = Buffer.from('a letter');
  await under.bus.publish(topic, [{ key: 'ada', value, headers: {} }]);
  const { prompt } = createKafkaClients(kafkaConnectionForTests, silentLogger);
  const admin = prompt.admin();
  await admin.connect();
  context.after(() => admin.disconnect());

  const { cluster, disconnect } = await openKafkajsCluster(prompt, topic);
  context.after(disconnect);
  const [first] = await fetchRecordsFrom(cluster, { topic, partition: 0, offset: 0, bytes: 1024 });
  assert.deepEqual(first?.value, value);

  const { groups } = await admin.listGroups();
  assert.ok(!groups.some(({ groupId }) => groupId === 'never-joined'));
});
