/**
 * Connects to the Kafka and the MongoDB of the cluster benchmarks. Benchmarks create their own topics and databases,
 * because the servers may contain other data.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Kafka, logLevel, Kafka as PlainKafka } from 'kafkajs';
import { type Db, MongoClient } from 'mongodb';
import { withMongoDatabase } from '../../test/support/mongo-url.ts';

export interface BenchTopics extends AsyncDisposable {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  /** Returns the name of a new topic, which is deleted when the benchmark ends. */
  name(): string;
}

export function createBenchTopics(): BenchTopics {
  const brokers = setting('KAFKA_BROKERS').split(',');
  const kafka = new PlainKafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  const topics: string[] = [];
  return {
    kafka,
    brokers,
    name() {
      const topic = `bench-${randomUUID()}`;
      topics.push(topic);
      return topic;
    },
    async [Symbol.asyncDispose]() {
      const admin = kafka.admin();
      await admin.connect();
      await admin.deleteTopics({ topics });
      await admin.disconnect();
    },
  };
}

export interface BenchDatabase extends AsyncDisposable {
  /** The URL of a database that is dropped when the benchmark ends. */
  readonly url: string;
  /**
   * The database of `url`, opened with MongoDB's own driver instead of our library, with the same durability as with
   * our library.
   */
  readonly bare: Db;
}

export async function createBenchDatabase(): Promise<BenchDatabase> {
  const url = withMongoDatabase(setting('MONGO_URL'), `latchkey_bench_${randomBytes(4).toString('hex')}`);
  const client = await MongoClient.connect(url, { writeConcern: { w: 'majority', journal: true } });
  return {
    url,
    bare: client.db(),
    async [Symbol.asyncDispose]() {
      await client.db().dropDatabase();
      await client.close();
    },
  };
}

function setting(name: 'KAFKA_BROKERS' | 'MONGO_URL'): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: benchmarks of a cluster need Kafka and MongoDB`);
}
