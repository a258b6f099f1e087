import type { LogReader } from '../reader.ts';
import { withKafkaAdmin } from './admin.ts';
import { createKafkaClients } from './clients.ts';
import type { KafkaConnection, KafkaLogger } from './connection.ts';
import { explainKafkaError } from './failures.ts';
import { readPartitionOffsetRanges, readPartitionRecords } from './read-partition.ts';

/**
 * Reads topics of Apache Kafka, on a new connection per call. Rejects with KafkaUnavailableError while no
 * broker can be reached, and with KafkaRefusedError, which names the setting, if the broker rejects the
 * connection or its user.
 */
export function createKafkaLogReader({
  logger,
  ...connection
}: KafkaConnection & { readonly logger: KafkaLogger }): LogReader {
  const { prompt } = createKafkaClients(connection, logger);
  return {
    async topics() {
      try {
        return await withKafkaAdmin(prompt, async (admin) => (await admin.listTopics()).toSorted());
      } catch (err) {
        throw explainKafkaError(err, connection, 'see topics');
      }
    },
    async ranges(topic) {
      try {
        return await readPartitionOffsetRanges(prompt, topic);
      } catch (err) {
        throw explainKafkaError(err, connection, `topic ${topic}`);
      }
    },
    async *read(topic, range) {
      try {
        yield* readPartitionRecords(prompt, topic, range);
      } catch (err) {
        throw explainKafkaError(err, connection, `topic ${topic}`);
      }
    },
  };
}
