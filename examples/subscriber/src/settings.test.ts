import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from './settings.ts';

test('reads a list of brokers, with defaults for the rest', () => {
  assert.deepEqual(readSettings({ KAFKA_BROKERS: 'one:9092, two:9092' }), {
    KAFKA_BROKERS: ['one:9092', 'two:9092'],
    KAFKA_SSL: false,
    JWKS_URL: 'http://localhost:8080/.well-known/jwks.json',
    KAFKA_GROUP: 'subscriber',
    OPERATIONS_HOST: '127.0.0.1',
    OPERATIONS_PORT: 9084,
    LOG_LEVEL: 'info',
  });
});

test('reports every fault at once', () => {
  assert.throws(
    () => readSettings({ JWKS_URL: 'keys', KAFKA_GROUP: '', OPERATIONS_PORT: 'http', LOG_LEVEL: 'loud' }),
    (error: Error) => {
      assert.deepEqual(
        error.message.split('\n').map((line) => line.split(':')[0]),
        ['KAFKA_BROKERS', 'JWKS_URL', 'KAFKA_GROUP', 'OPERATIONS_PORT', 'LOG_LEVEL'],
      );
      return true;
    },
  );
});
