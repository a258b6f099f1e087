import { partitionOfKey } from '../partitioner.ts';
import { hasNewRecords, type LogTail } from '../tail.ts';
import type { EmbeddedSubscriptionHub } from './hub.ts';

/** How many records one call of `read` returns at most, so that no call blocks the event loop for long. */
const RECORDS_AT_ONCE = 100;

/** Reads a topic of the embedded log. @throws Error if there is no such topic */
export function createEmbeddedLogTail(hub: EmbeddedSubscriptionHub, topicName: string): LogTail {
  const { log } = hub;
  const topic = log.topic(topicName);
  return {
    id: `embedded/${topicName}`,
    ranges: async () => log.ranges(topic),
    async read(partition, offset, limit) {
      await hub.admitted();
      return log.from(topic, partition, offset, Math.min(limit, RECORDS_AT_ONCE));
    },
    partitionOf: async (key) => partitionOfKey(Buffer.from(key), topic.partitions),
    async grown(ranges, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      function wake(): void {
        resolve();
      }
      const unwatch = hub.watch(topicName, wake);
      signal.addEventListener('abort', wake, { once: true });
      try {
        if (!signal.aborted && !hub.isClosed() && !hasNewRecords(ranges, log.ranges(topic))) await promise;
      } finally {
        signal.removeEventListener('abort', wake);
        unwatch();
      }
      if (hub.isClosed() && !signal.aborted) throw new Error('The bus is closed.');
    },
  };
}
