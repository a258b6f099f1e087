import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from './settings.ts';

test('reads a list of brokers, with defaults for the rest', () => {
  assert.deepEqual(readSettings({ KAFKA_BROKERS: 'one:9092, two:9092' }), {
    KAFKA_BROKERS: ['one:9092', 'two:9092'],
    KAFKA_GROUP: 'subscriber',
    HOST: '127.0.0.1',
    PORT: 8084,
    LOG_LEVEL: 'info',
  });
});

test('reports every fault at once', () => {
  assert.throws(
    () => readSettings({ KAFKA_GROUP: '', PORT: 'http', LOG_LEVEL: 'loud' }),
    (error: Error) => {
      assert.deepEqual(
        error.message.split('\n').map((line) => line.split(':')[0]),
        ['KAFKA_BROKERS', 'KAFKA_GROUP', 'PORT', 'LOG_LEVEL'],
      );
      return true;
    },
  );
});
