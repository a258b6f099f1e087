import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, describeConfig, readConfig } from '@latchkey/process';
import { serverSettings } from './settings.ts';

const given = { KAFKA_BROKERS: 'kafka-1:9092', MONGO_URL: 'mongodb://mongo:27017' };
const sasl = {
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'ada',
  KAFKA_SASL_PASSWORD: 'sesame',
};
function read(more: Readonly<Record<string, string>> = {}) {
  return readConfig(serverSettings, { ...given, ...more });
}

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(serverSettings, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the settings of the servers', () => {
  test('need some brokers and a MongoDB, nothing else', () => {
    const settings = { ...given, KAFKA_BROKERS: ['kafka-1:9092'], KAFKA_SSL: false, TOPIC_NAMES: {} };
    assert.deepEqual(read(), settings);
    assert.deepEqual(faultsOf({}), ['KAFKA_BROKERS: is required', 'MONGO_URL: is required']);
  });

  test('take brokers by name and by address', () => {
    const brokers = ['kafka-1.example.com:9092', '10.0.0.1:9093', '[fd00::1]:9094'];
    assert.deepEqual(read({ KAFKA_BROKERS: brokers.join(' , ') }).KAFKA_BROKERS, brokers);
    for (const wrong of ['kafka-1', 'kafka-1:', 'http://kafka-1:9092', ',', 'a:1,b']) {
      assert.match(faultsOf({ ...given, KAFKA_BROKERS: wrong }).join(), /^KAFKA_BROKERS: must be a list of/);
    }
  });

  test('demand all of the credentials for Kafka as soon as there is one, beside whatever else is wrong', () => {
    assert.equal(read(sasl).KAFKA_SASL_USERNAME, 'ada');
    for (const [name, value] of Object.entries(sasl)) {
      const others = Object.keys(sasl).filter((other) => other !== name);
      const faults = faultsOf({ KAFKA_BROKERS: 'a:1', [name]: value });
      assert.deepEqual(
        faults.map((fault) => fault.split(':')[0]).toSorted(),
        [...others, 'MONGO_URL'].toSorted(),
      );
    }
  });

  test('take no other URL for MongoDB, and do not quote it', () => {
    const faults = faultsOf({ ...given, MONGO_URL: 'postgres://ada:sesame@db' });
    assert.match(faults.join(), /^MONGO_URL: must be a MongoDB connection string/);
    assert.doesNotMatch(faults.join(), /sesame/);
  });

  test('are all described, and secrets marked so', () => {
    const described = describeConfig(serverSettings);
    for (const { name, description } of described) assert.notEqual(description, '', name);
    const secret = described.filter((one) => one.secret).map(({ name }) => name);
    assert.deepEqual(secret, ['KAFKA_SASL_PASSWORD', 'MONGO_URL']);
  });
});
