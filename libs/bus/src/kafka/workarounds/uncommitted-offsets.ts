import type { Kafka } from 'kafkajs';
import { wrapKafkajsClusters } from './wrap-clusters.ts';

const READ_UNCOMMITTED = 0;

/**
 * Makes a client read the real end of each partition. By default, kafkajs reads only up to the last stable
 * offset, where the first open transaction begins. Changes only this client.
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function enableReadingUncommittedOffsets(kafka: Kafka): void {
  wrapKafkajsClusters(
    kafka,
    (create) => (options) => create({ ...options, isolationLevel: READ_UNCOMMITTED }),
  );
}
