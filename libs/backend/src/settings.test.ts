import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, describeSettings, readConfig } from '@latchkey/process';
import { kafkaSettings, readLogKind } from './log-kinds.ts';
import { readServerStoreConfig, readStoreConfig } from './store-kinds.ts';

const given = { KAFKA_BROKERS: 'kafka-1:9092' };
const sasl = {
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'ada',
  KAFKA_SASL_PASSWORD: 'sesame',
};
function read(more: Readonly<Record<string, string>> = {}) {
  return readConfig(kafkaSettings, { ...given, ...more });
}

type Environment = Readonly<Record<string, string>>;

function faultsIn(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
function faultsOf(environment: Environment): readonly string[] {
  return faultsIn(() => readConfig(kafkaSettings, environment));
}

describe('the settings of Kafka', () => {
  test('need some brokers, nothing else', () => {
    const settings = {
      ...given,
      GROUP_PREFIX: '',
      KAFKA_BROKERS: ['kafka-1:9092'],
      KAFKA_SSL: false,
      KAFKA_SESSION_SECONDS: 10,
      TOPIC_NAMES: {},
    };
    assert.deepEqual(read(), settings);
    assert.deepEqual(faultsOf({}), ['KAFKA_BROKERS: is required']);
  });

  test('take brokers by name and by address', () => {
    const brokers = ['kafka-1.example.com:9092', '10.0.0.1:9093', '[fd00::1]:9094'];
    assert.deepEqual(read({ KAFKA_BROKERS: brokers.join(' , ') }).KAFKA_BROKERS, brokers);
    for (const wrong of ['kafka-1', 'kafka-1:', 'http://kafka-1:9092', ',', 'a:1,b']) {
      assert.match(faultsOf({ ...given, KAFKA_BROKERS: wrong }).join(), /^KAFKA_BROKERS: must be a list of/);
    }
  });

  test('take names of topics that Kafka accepts, for topics that Latchkey has, each name once', () => {
    function faultOf(TOPIC_NAMES: string): string {
      return faultsOf({ ...given, TOPIC_NAMES }).join();
    }
    const renamed = 'accounts.events.v1=accounts.events.v2,security.events.v1=Security_1';
    assert.equal(read({ TOPIC_NAMES: renamed }).TOPIC_NAMES['security.events.v1'], 'Security_1');
    assert.match(
      faultOf('acounts.events.v1=x'),
      /^TOPIC_NAMES: must be .* with the topics accounts\.events\.v1, /,
    );
    for (const name of ['a/b', '.', '..', 'ä', 'x'.repeat(250)])
      assert.match(
        faultOf(`accounts.events.v1=${name}`),
        /^TOPIC_NAMES: must have names of up to 249 letters/,
      );
    for (const twice of [
      'accounts.events.v1=x,mailings.events.v1=x',
      'accounts.events.v1=mailings.events.v1',
    ])
      assert.equal(faultOf(twice), 'TOPIC_NAMES: must give each topic a different name');
    const swapped = 'accounts.events.v1=mailings.events.v1,mailings.events.v1=accounts.events.v1';
    assert.equal(faultOf(swapped), '');
  });

  test('demand all of the credentials for Kafka as soon as there is one, and report every other fault as well', () => {
    assert.equal(read(sasl).KAFKA_SASL_USERNAME, 'ada');
    for (const [name, value] of Object.entries(sasl)) {
      const others = Object.keys(sasl).filter((other) => other !== name);
      const faults = faultsOf({ [name]: value });
      assert.deepEqual(
        faults.map((fault) => fault.split(':')[0]).toSorted(),
        [...others, 'KAFKA_BROKERS'].toSorted(),
      );
    }
  });

  test('are all described, and secrets marked so', () => {
    const described = describeSettings(kafkaSettings);
    for (const { name, description } of described) assert.notEqual(description, '', name);
    const secret = described.filter((one) => one.secret).map(({ name }) => name);
    assert.deepEqual(secret, ['KAFKA_SASL_PASSWORD']);
  });
});

const MONGO_URL = 'mongodb://mongo:27017';

describe('the store', () => {
  test('is the one whose settings are given, else the embedded one', () => {
    assert.equal(readStoreConfig({}).kind, 'sqlite');
    assert.equal(readStoreConfig({ MONGO_URL }).kind, 'mongo');
    assert.deepEqual(
      faultsIn(() => readStoreConfig({ MONGO_URL_FILE: '/nowhere' })),
      ['MONGO_URL_FILE: the file cannot be read (ENOENT)'],
    );
    assert.equal(readStoreConfig({ STORE: 'sqlite', MONGO_URL }).kind, 'sqlite');
  });

  test('of a service that is a process of its own is MongoDB, unless STORE says otherwise', () => {
    assert.deepEqual(
      faultsIn(() => readServerStoreConfig({})),
      ['MONGO_URL: is required'],
    );
    assert.equal(readServerStoreConfig({ STORE: 'sqlite' }).kind, 'sqlite');
  });

  test('is of a kind that there is', () => {
    assert.match(
      faultsIn(() => readStoreConfig({ STORE: 'tape' })).join(),
      /^STORE: must be "mongo" or "sqlite"/,
    );
  });

  test('takes no other URL for MongoDB, and does not quote it', () => {
    const faults = faultsIn(() => readStoreConfig({ MONGO_URL: 'postgres://ada:sesame@db' }));
    assert.match(faults.join(), /^MONGO_URL: must be a MongoDB connection string/);
    assert.doesNotMatch(faults.join(), /sesame/);
  });
});

describe('the log', () => {
  test('is in the embedded store or on Kafka, whatever other store there is', () => {
    assert.equal(readLogKind({}, 'sqlite'), 'embedded');
    assert.equal(readLogKind({ LOG: 'kafka' }, 'sqlite'), 'kafka');
    assert.equal(readLogKind({}, 'mongo'), 'kafka');
    assert.throws(() => readLogKind({ LOG: 'embedded' }, 'mongo'), /LOG: embedded needs STORE=sqlite/);
  });
});
