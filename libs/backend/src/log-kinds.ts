/** The kinds of logs, and the settings of each. */
import type { KafkaConnection, KafkaSaslCredentials } from '@latchkey/bus';
import { allTopics } from '@latchkey/events';
import { commonSettingSchemas, type Environment, readConfig, withCrossFieldChecks } from '@latchkey/process';
import { z } from 'zod';
import { embeddedStoreKind, type StoreKind } from './store-kinds.ts';

export type LogKind = 'kafka' | 'embedded';

/**
 * The setting that selects the log. Kafka can be combined with any store; the embedded log requires the
 * embedded store.
 */
const logSettings = z.object({ LOG: z.enum(['kafka', 'embedded']).optional() });

/**
 * Reads LOG. Default: the embedded log with the embedded store, otherwise Kafka.
 * @throws Error with a one-line message if the store cannot hold the log
 */
export function readLogKind(environment: Environment, store: StoreKind): LogKind {
  const holdsLog = store === embeddedStoreKind;
  const { LOG: kind = holdsLog ? 'embedded' : 'kafka' } = readConfig(logSettings, environment);
  if (kind === 'embedded' && !holdsLog) throw new Error(`LOG: embedded needs STORE=${embeddedStoreKind}`);
  return kind;
}

const latchkeysTopics: readonly string[] = allTopics().map(({ name }) => name);

/** Matches the topic names that Kafka accepts. */
const TOPIC_NAME = /^(?!\.{1,2}$)[\w.-]{1,249}$/;

/** Returns whether all topics have different names on the log, including the topics that are not renamed. */
function areDistinctOnLog(names: Readonly<Record<string, string>>): boolean {
  return new Set(latchkeysTopics.map((topic) => names[topic] ?? topic)).size === latchkeysTopics.length;
}

export const topicNameSettings = z.object({
  TOPIC_NAMES: commonSettingSchemas
    .pairs()
    .refine((names) => Object.keys(names).every((topic) => latchkeysTopics.includes(topic)), {
      error: `must be a list of topic=name, with the topics ${latchkeysTopics.join(', ')}`,
      abort: true,
    })
    .refine(
      (names) => Object.values(names).every((name) => TOPIC_NAME.test(name)),
      'must have names of up to 249 letters, digits, dots, underscores and hyphens',
    )
    .refine(areDistinctOnLog, 'must give each topic a different name')
    .describe(
      'Topics that have a different name on the log, comma-separated: `accounts.events.v1=accounts.events.v2`. All services need the same value.',
    ),
});

const BROKER = /^(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}$/;
function areBrokers(brokers: readonly string[]): boolean {
  return brokers.length > 0 && brokers.every((broker) => BROKER.test(broker));
}

/** The settings of the names that topics and groups have on the log. */
export const topicAndGroupNameSettings = topicNameSettings.extend({
  GROUP_PREFIX: z
    .string()
    .regex(/^[\w.-]{0,100}$/, 'may contain letters, digits, dots, hyphens and underscores, at most 100')
    .default('')
    .describe(
      'Prefix of the names of the consumer groups, so that several systems can use one broker. With `accounts.`, the groups are named `accounts.user` and `accounts.notifier`. All services need the same value.',
    ),
});

const kafkaFields = topicAndGroupNameSettings.extend({
  KAFKA_BROKERS: z
    .string()
    .transform((text) => commonSettingSchemas.list().parse(text))
    .refine(areBrokers, 'must be a list of host:port, such as kafka-1:9092,kafka-2:9092')
    .describe('One or more of the Kafka brokers, as host:port, comma-separated.'),
  KAFKA_SSL: commonSettingSchemas
    .flag(false)
    .describe('Whether to use TLS for connections to the Kafka brokers.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('How to log in to Kafka: `plain`, `scram-sha-256` or `scram-sha-512`. Default: no login.'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User name for Kafka.'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password for Kafka.').meta({ secret: true }),
  KAFKA_SESSION_SECONDS: commonSettingSchemas
    .whole({ min: 2, max: 300, fallback: 10 })
    .describe(
      'A consumer that sends no heartbeat for this long loses its partitions to other members. By default brokers accept 6 seconds or more (`group.min.session.timeout.ms`).',
    ),
});

const SASL = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;

/** The settings for the connection to Kafka: KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_* and TOPIC_NAMES. */
export const kafkaSettings = withCrossFieldChecks(kafkaFields, (config) => {
  const missing = SASL.filter((name) => config[name] === undefined);
  if (missing.length === SASL.length) return [];
  return missing.map((name) => [name, `is required with ${othersOf(name)}`] as const);
});

function othersOf(name: string): string {
  return SASL.filter((each) => each !== name).join(' and ');
}

export type KafkaConfig = z.infer<typeof kafkaSettings>;

/** Returns the connection to Kafka that the settings describe. */
export function kafkaConnectionOf(config: KafkaConfig): Omit<KafkaConnection, 'clientId'> {
  const sasl = saslOf(config);
  return {
    brokers: config.KAFKA_BROKERS,
    ssl: config.KAFKA_SSL,
    patchKafkajs: true,
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function saslOf(config: KafkaConfig): KafkaSaslCredentials | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = config;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}
