/** Unusable records on Kafka, with two processes of each service. */
import { services, startCluster } from './support/cluster.ts';
import { kafkaLog } from './support/poison-log.ts';
import { poisonSuite } from './support/poison-suite.ts';

/** These records are unusable for other reasons than that nobody signed them. */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

poisonSuite('Kafka', async () => {
  const system = await startCluster({ settingsOn: () => UNSIGNED });
  const processes = services
    .flatMap((service) => system.instances[service])
    .map(({ operations }) => operations);
  return { system, log: await kafkaLog(system.stores.KAFKA_BROKERS), processes };
});
