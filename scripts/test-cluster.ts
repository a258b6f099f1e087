/**
 * `npm run test:cluster`: runs all test suites that need Kafka and MongoDB, on the servers that KAFKA_BROKERS and
 * MONGO_URL name. One of these suites is the end-to-end journey with two processes of each service. First prints which
 * servers the tests run on. Passes arguments to Node's test runner: for example, `npm run test:cluster --
 * --test-shard=1/2` runs every other file.
 */
import { spawnSync } from 'node:child_process';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { listTestFileGlobs, runSuites } from './run-suites.ts';

const {
  KAFKA_BROKERS = '',
  KAFKA_SECURE_BROKERS = '',
  MONGO_URL = '',
  MAIL_SERVER,
  KAFKA_CONTROL,
  KAFKA_DATA,
} = process.env;

/**
 * Checks that the environment variables that the cluster tests require are set.
 * @throws Error that names all missing variables
 */
function checkGiven(): void {
  const missing = [
    KAFKA_BROKERS ? [] : ['KAFKA_BROKERS (host:port of a Kafka for tests)'],
    KAFKA_SECURE_BROKERS ? [] : ['KAFKA_SECURE_BROKERS (of a Kafka with an authorizer)'],
    MONGO_URL ? [] : ['MONGO_URL (of a MongoDB)'],
    kcatVersion() ? [] : ['kcat (apt-get install kcat)'],
  ].flat();
  if (missing.length > 0) throw new Error(`test:cluster needs ${missing.join(', ')}`);
}

function kcatVersion(): string | undefined {
  return /Version (\S+)/.exec(spawnSync('kcat', ['-V'], { encoding: 'utf8' }).stdout ?? '')?.[1];
}

async function describeKafka(): Promise<string> {
  const brokers = KAFKA_BROKERS.split(',');
  const admin = new Kafka({ brokers, clientId: 'test-cluster', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const cluster = await admin.describeCluster();
  await admin.disconnect();
  return `${KAFKA_BROKERS}, ${cluster.brokers.length} broker(s)`;
}

async function describeMongo(): Promise<string> {
  const client = await MongoClient.connect(MONGO_URL, { serverSelectionTimeoutMS: 10_000 });
  const { version } = await client.db().admin().buildInfo();
  const hosts = client.options.hosts.join(',');
  await client.close();
  return `${hosts}, version ${version}`;
}

try {
  checkGiven();
  console.log(`Runs on
  Kafka     ${await describeKafka()}
  authorizer ${KAFKA_SECURE_BROKERS}
  MongoDB   ${await describeMongo()}
  mail      ${MAIL_SERVER ?? 'a server of the tests'}
  kcat      ${kcatVersion()}
  journey   two processes of each service behind one address
  outages   of MongoDB and mail${KAFKA_CONTROL ? ', and of Kafka by KAFKA_CONTROL' : '; not of a running Kafka: KAFKA_CONTROL is not set'}
  erasure   ${KAFKA_DATA ? 'looked for in the files of Kafka' : 'not looked for in the files of Kafka: KAFKA_DATA is not set'}
`);
  // Run one test file at a time, because all systems that the tests start use the same topics of the broker.
  process.exitCode = await runSuites({
    files: listTestFileGlobs('.cluster.ts'),
    concurrency: 1,
    share: false,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
