/** The kinds of logs, and the settings of each. */
import type { KafkaConnection, KafkaSasl } from '@latchkey/bus/kafka';
import { type Environment, readConfig, setting, withContradictions } from '@latchkey/process';
import { z } from 'zod';
import type { StoreKind } from './store-kinds.ts';

export type LogKind = 'kafka' | 'embedded';

/** The setting that selects the log, independently of the store. The embedded log is kept in the embedded store. */
const logSettings = z.object({ LOG: z.enum(['kafka', 'embedded']).optional() });

/**
 * Reads LOG. Default: the embedded log with the embedded store, otherwise Kafka.
 * @throws Error of one line if the store cannot hold the log
 */
export function readLogKind(environment: Environment, store: StoreKind): LogKind {
  const { LOG: kind = store === 'sqlite' ? 'embedded' : 'kafka' } = readConfig(logSettings, environment);
  if (kind === 'embedded' && store !== 'sqlite') throw new Error('LOG: embedded needs STORE=sqlite');
  return kind;
}

export const topicSettings = z.object({
  TOPIC_NAMES: setting
    .pairs()
    .describe(
      'Topics that have another name on the log, comma-separated: `accounts.events.v1=accounts.events.v2`. The same for all services.',
    ),
});

const BROKER = /^(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}$/;
function areBrokers(brokers: readonly string[]): boolean {
  return brokers.length > 0 && brokers.every((broker) => BROKER.test(broker));
}

const kafkaFields = topicSettings.extend({
  KAFKA_BROKERS: z
    .string()
    .transform((text) => setting.list().parse(text))
    .refine(areBrokers, 'must be a list of host:port, such as kafka-1:9092,kafka-2:9092')
    .describe('Some of the brokers, as host:port, comma-separated.'),
  KAFKA_SSL: setting.flag(false).describe('Speak TLS with the brokers.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('How to log in to Kafka: `plain`, `scram-sha-256` or `scram-sha-512`. Default: not at all.'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User name for Kafka.'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password for Kafka.').meta({ secret: true }),
  GROUP_PREFIX: z
    .string()
    .regex(/^[\w.-]{0,100}$/, 'may contain letters, digits, dots, hyphens and underscores, at most 100')
    .default('')
    .describe(
      'Put before the names of the consumer groups, so that several systems can use one broker: `accounts.` makes `accounts.user` and `accounts.notifier`. The same for all services.',
    ),
  KAFKA_SESSION_SECONDS: setting
    .whole({ min: 2, max: 300, fallback: 10 })
    .describe(
      'A consumer without a heartbeat for this long loses its partitions to others. Brokers accept 6 or more by default (`group.min.session.timeout.ms`).',
    ),
});

const SASL = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;

/** KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_*, TOPIC_NAMES. */
export const kafkaSettings = withContradictions(kafkaFields, (config) => {
  const missing = SASL.filter((name) => config[name] === undefined);
  if (missing.length === SASL.length) return [];
  return missing.map((name) => [name, `is required with ${othersOf(name)}`] as const);
});

function othersOf(name: string): string {
  return SASL.filter((each) => each !== name).join(' and ');
}

export type KafkaConfig = z.infer<typeof kafkaSettings>;

/** Returns the connection that the settings describe. */
export function kafkaConnection(config: KafkaConfig): Omit<KafkaConnection, 'clientId'> {
  const sasl = saslOf(config);
  return {
    brokers: config.KAFKA_BROKERS,
    ssl: config.KAFKA_SSL,
    patchKafkajs: true,
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function saslOf(config: KafkaConfig): KafkaSasl | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = config;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}
