/**
 * How to connect to Kafka. This module imports no types of kafkajs, so that the declarations of
 * `@latchkey/events` do not need kafkajs, which is an optional dependency.
 */
import type { ConnectionOptions } from 'node:tls';

export interface KafkaLogger {
  warn(fields: object, message: string): void;
}

export interface KafkaSaslCredentials {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** How to connect to a Kafka cluster. */
export interface KafkaConnection {
  /** The `host:port` of one or more brokers of the Kafka cluster. */
  readonly brokers: readonly string[];
  /** Identifies this process in the broker's logs and quotas. */
  readonly clientId: string;
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: KafkaSaslCredentials;
  /**
   * Whether to replace kafkajs's header decoder, which takes O(n²) time, for every kafkajs client in this
   * process. Without the replacement, one record with thousands of headers blocks the event loop. Default:
   * false.
   */
  readonly patchKafkajs?: boolean;
}
