import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createKafkaBus } from './bus.kafka.ts';
import { explainKafkaError, KafkaRefusedError, KafkaUnavailableError } from './failures.ts';

const connection = { brokers: ['kafka-1:9092', 'kafka-2:9092'], clientId: 'test' };

/** Creates an error like those of kafkajs: an Error with a name, and sometimes a type. */
function kafkaError(name: string, traits: object = {}) {
  return Object.assign(new Error('of kafkajs'), { name, ...traits });
}
function wrapped(cause: Error) {
  return Object.assign(new Error('wrapped', { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' });
}

describe('a failure of Kafka', () => {
  for (const [what, error, kind, text] of [
    [
      'wrong credentials',
      kafkaError('KafkaJSSASLAuthenticationError'),
      KafkaRefusedError,
      /KAFKA_SASL_PASSWORD/,
    ],
    [
      'a mechanism that is not offered',
      kafkaError('KafkaJSProtocolError', { type: 'UNSUPPORTED_SASL_MECHANISM' }),
      KafkaRefusedError,
      /KAFKA_SASL_MECHANISM/,
    ],
    [
      'a missing right',
      kafkaError('KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED' }),
      KafkaRefusedError,
      /KAFKA_SASL_USERNAME: this user lacks a right \(topic t: TOPIC/,
    ],
    [
      'a missing topic',
      kafkaError('KafkaJSProtocolError', { type: 'UNKNOWN_TOPIC_OR_PARTITION' }),
      Error,
      /Kafka lacks a topic, [^(]+\(topic t: UNKNOWN_TOPIC_OR_PARTITION\)/,
    ],
    [
      'a connection that is closed at once',
      kafkaError('KafkaJSConnectionClosedError'),
      KafkaUnavailableError,
      /KAFKA_BROKERS.*KAFKA_SSL \(now off\) and KAFKA_SASL_USERNAME \(now not set\)/,
    ],
    [
      'brokers that do not answer',
      kafkaError('KafkaJSConnectionError', { code: 'ECONNREFUSED' }),
      KafkaUnavailableError,
      /KAFKA_BROKERS: no broker answers at kafka-1:9092, kafka-2:9092 \(ECONNREFUSED\)\.$/,
    ],
    [
      'a handshake that is cut off',
      kafkaError('KafkaJSConnectionError', { code: 'ECONNRESET' }),
      KafkaUnavailableError,
      /\(ECONNRESET\)\. If this continues, check KAFKA_SSL \(now off\)/,
    ],
    [
      'brokers that are still electing a leader',
      kafkaError('KafkaJSProtocolError', { type: 'LEADER_NOT_AVAILABLE', retriable: true }),
      KafkaUnavailableError,
      /KAFKA_BROKERS: the brokers are not ready \(topic t: LEADER_NOT_AVAILABLE\)\.$/,
    ],
  ] as const) {
    it(`names the setting to check for ${what}, however deeply the error is wrapped`, () => {
      for (const each of [error, wrapped(error), wrapped(wrapped(error))]) {
        const explained = explainKafkaError(each, connection, 'topic t');
        assert.ok(explained instanceof kind);
        assert.match(explained.message, text);
      }
    });
  }

  it('is left unchanged if its cause is unknown', () => {
    const error = new TypeError('odd');
    assert.equal(explainKafkaError(error, connection), error);
    assert.match(explainKafkaError('text', connection).message, /text/);
  });

  it('ends even if an error is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    assert.equal(explainKafkaError(error, connection), error);
  });
});

describe('a bus without a broker', () => {
  /**
   * An address on which no server listens. The port is fixed. If a test opened and closed a free port
   * instead, another process could start to listen on that port.
   */
  const NOBODY = '127.0.0.1:1';

  function busWithoutBroker(test: TestContext) {
    const bus = createKafkaBus({
      brokers: [NOBODY],
      clientId: 'test',
      logger: { warn: () => undefined },
      onFatal: assert.fail,
    });
    test.after(() => bus.close());
    return bus;
  }

  it('says so at every call, and can be closed', async (test) => {
    const bus = busWithoutBroker(test);
    const spec = { name: 't', partitions: 1, retentionMs: -1 };
    const record = { key: 'a', value: null, headers: {} };
    for (const call of [
      () => bus.ensureTopics([spec]),
      () => bus.publish('t', [record]),
      () => bus.subscribe({ topics: ['t'], group: 'g', handle: async () => undefined }),
      () => Array.fromAsync(bus.readKey('t', 0, 'a', 0)),
    ]) {
      await assert.rejects(call, (error: Error) => {
        assert.ok(error instanceof KafkaUnavailableError);
        assert.match(error.message, /KAFKA_BROKERS: no broker answers at 127\.0\.0\.1:1 \(ECONNREFUSED\)/);
        return true;
      });
    }
  });
});
