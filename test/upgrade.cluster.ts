/** Tests that two processes of each current service work with a database and topics that release 0.1 has written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareCluster } from './support/cluster.ts';
import {
  createSettingsForFixtureTime,
  loadKafkaFixture,
  loadMongoFixture,
  readFixtureManifest,
  unpackFixtureKeys,
} from './support/fixture.ts';
import { RELEASE_0_1_HASH_SETTINGS } from './support/programs.ts';
import { defineUpgradeTests } from './support/upgrade-suite.ts';

defineUpgradeTests('A cluster', async () => {
  const manifest = await readFixtureManifest();
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const settings = {
    ...(await unpackFixtureKeys(folder)),
    ...RELEASE_0_1_HASH_SETTINGS,
    ...createSettingsForFixtureTime(manifest),
  };
  const cluster = await prepareCluster({ settingsOn: () => settings });
  async function stop(): Promise<void> {
    await cluster.stop();
    await rm(folder, { recursive: true });
  }
  try {
    await Promise.all([
      loadMongoFixture(cluster.stores.MONGO_URL),
      loadKafkaFixture(cluster.stores.KAFKA_BROKERS),
    ]);
    await cluster.ops('topics');
    await cluster.ops('indexes');
    await cluster.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const lists = manifest.cluster;
  return {
    system: { ...cluster, stop },
    manifest,
    lists,
    settings: { ...cluster.opsSettings, ...createSettingsForFixtureTime(manifest) },
  };
});
