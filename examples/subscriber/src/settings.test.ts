import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from './settings.ts';

test('brokers are a list, the rest has defaults', () => {
  assert.deepEqual(readSettings({ KAFKA_BROKERS: 'one:9092, two:9092' }), {
    KAFKA_BROKERS: ['one:9092', 'two:9092'],
    KAFKA_GROUP: 'subscriber',
    LOG_LEVEL: 'info',
  });
});

test('every fault is named at once', () => {
  assert.throws(
    () => readSettings({ KAFKA_GROUP: '', LOG_LEVEL: 'loud' }),
    (error: Error) => {
      assert.deepEqual(
        error.message.split('\n').map((line) => line.split(':')[0]),
        ['KAFKA_BROKERS', 'KAFKA_GROUP', 'LOG_LEVEL'],
      );
      return true;
    },
  );
});
