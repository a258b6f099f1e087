import type { Kafka } from 'kafkajs';

/** The part of kafkajs's client that is wrapped here; kafkajs publishes no type for it. */
type CreateCluster = (options: object) => object;

const NAME = 'private:Kafka:createCluster';
const READ_UNCOMMITTED = 0;

/**
 * Makes a client read the actual end offset of a partition. By default, kafkajs reads the last stable offset
 * instead, which is the start of the first open transaction. Changes only this client.
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function listUncommittedOffsets(kafka: Kafka): Kafka {
  const name = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === NAME);
  if (name === undefined) throw new Error('This version of kafkajs creates its connections differently.');
  const client = kafka as unknown as Record<symbol, CreateCluster>;
  const create = client[name];
  client[name] = (options) => create?.({ ...options, isolationLevel: READ_UNCOMMITTED }) ?? {};
  return kafka;
}
