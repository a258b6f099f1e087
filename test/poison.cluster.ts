/** Unusable records on Kafka, read by two processes of each service. */
import { serviceNames, startCluster } from './support/cluster.ts';
import { openKafkaLog } from './support/poison-log.ts';
import { poisonSuite } from './support/poison-suite.ts';

/** Accepts unsigned records. Each test record is then unusable because of its own fault, not because it is unsigned. */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

poisonSuite('Kafka', async () => {
  const system = await startCluster({ settingsOn: () => UNSIGNED });
  const processes = serviceNames
    .flatMap((service) => system.instances[service])
    .map(({ operations }) => operations);
  return { system, log: await openKafkaLog(system.stores.KAFKA_BROKERS), processes };
});
