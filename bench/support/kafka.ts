/** Opens our Kafka bus and, for comparison, a bare kafkajs producer with the same guarantees on the same broker. */

import type { OutgoingRecord } from '@latchkey/bus';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { type Kafka, type Message, Partitioners } from 'kafkajs';
import type { Outbox } from '../../services/auth/src/ports/outbox.ts';
import type { MeasureWallMs } from './cpu-meter.ts';
import { measureMs } from './load.ts';

const ALL_REPLICAS = -1;

export function openBenchmarkBus(brokers: readonly string[]) {
  return createKafkaBus({
    brokers,
    clientId: 'bench',
    // Apply our patches of kafkajs, as the services do.
    patchKafkajs: true,
    logger: { warn: () => undefined },
    onFatal: (reason) => {
      throw reason;
    },
  });
}

/**
 * Sends batches of records with a bare kafkajs producer. The batches are encoded beforehand, one request is in flight
 * at a time, and all replicas acknowledge each batch.
 * @param measure measures the time of sending
 * @returns the time in ms, without the time to connect
 */
export async function measureBareProducerMs(
  kafka: Kafka,
  topic: string,
  batches: readonly (readonly OutgoingRecord[])[],
  measure: MeasureWallMs = measureMs,
): Promise<number> {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: false,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
  });
  const ready = batches.map((batch) => batch.map(toMessage));
  await producer.connect();
  try {
    return await measure(async () => {
      for (const messages of ready) await producer.send({ topic, messages, acks: ALL_REPLICAS });
    });
  } finally {
    await producer.disconnect();
  }
}

function toMessage({ key, value, headers }: OutgoingRecord): Message {
  return {
    key,
    value,
    headers: { ...(headers as Record<string, string>) },
  };
}

/**
 * Wraps an outbox in order to count the commits that are marked as published.
 * @returns the wrapped outbox, and the promise `emptied`, which resolves once `commits` commits were marked
 */
export function countPublishedCommits(
  outbox: Outbox,
  commits: number,
): { readonly outbox: Outbox; readonly emptied: Promise<void> } {
  const { promise: emptied, resolve } = Promise.withResolvers<void>();
  let marked = 0;
  return {
    emptied,
    outbox: {
      ...outbox,
      async markPublished(published) {
        await outbox.markPublished(published);
        marked += published.length;
        if (marked >= commits) resolve();
      },
    },
  };
}
