/** Tests unusable records on Kafka topics that two processes of each service read. */
import { serviceNames, startCluster } from './support/cluster.ts';
import { openKafkaLog } from './support/poison-log.ts';
import { definePoisonTests } from './support/poison-suite.ts';

/**
 * Let the services accept unsigned records, so that each test record is unusable because of its own fault,
 * and not because it is unsigned.
 */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

definePoisonTests('Kafka', async () => {
  const system = await startCluster({ settingsOn: () => UNSIGNED });
  const processes = serviceNames
    .flatMap((service) => system.instances[service])
    .map(({ operations }) => operations);
  return { system, log: await openKafkaLog(system.stores.KAFKA_BROKERS), processes };
});
