import type { Kafka } from 'kafkajs';
import { wrapKafkajsClusters } from './wrap-clusters.ts';

const READ_UNCOMMITTED = 0;

/**
 * Makes a client read the actual end offset of a partition. By default, kafkajs reads the last stable offset
 * instead, which is the start of the first open transaction. Changes only this client.
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function enableReadingUncommittedOffsets(kafka: Kafka): void {
  wrapKafkajsClusters(
    kafka,
    (create) => (options) => create({ ...options, isolationLevel: READ_UNCOMMITTED }),
  );
}
