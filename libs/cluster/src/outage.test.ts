import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaRefusedError, KafkaUnavailableError } from '@latchkey/bus/kafka';
import { StoreUnavailable } from '@latchkey/store';
import { isServerOutageError } from './outage.ts';

function named(name: string, stack = ''): Error {
  return Object.assign(new Error('x'), { name, stack });
}

test('an unreachable server is waited for, whatever error kafkajs throws, and no other fault is', () => {
  const unexplained = named('KafkaJSNonRetriableError');
  const internal = named('TypeError', 'at metadata (/app/node_modules/kafkajs/src/cluster/index.js:1:1)');
  const outages = [
    new StoreUnavailable(new Error('away')),
    new KafkaUnavailableError('away'),
    new Error('a wrapper', { cause: new KafkaUnavailableError('away') }),
    unexplained,
    internal,
  ];
  for (const error of outages) assert.equal(isServerOutageError(error), true, error.name);
  const others = [
    new KafkaRefusedError('credentials', { cause: unexplained }),
    new Error('Kafka lacks a topic', { cause: unexplained }),
    named('TypeError', 'at handle (/app/services/user/src/compose.ts:1:1)'),
    'a text',
  ];
  for (const error of others) assert.equal(isServerOutageError(error), false, String(error));
});
