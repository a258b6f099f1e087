import { setting } from '@latchkey/process';
import { z } from 'zod';

const BROKER = /^(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}$/;
function areBrokers(brokers: readonly string[]): boolean {
  return brokers.length > 0 && brokers.every((broker) => BROKER.test(broker));
}

const kafkaFields = z.object({
  KAFKA_BROKERS: z
    .string()
    .transform((text) => setting.list().parse(text))
    .refine(areBrokers, 'must be a list of host:port, such as kafka-1:9092,kafka-2:9092')
    .describe('Some of the brokers, as host:port, comma-separated.'),
  KAFKA_SSL: setting.flag(false).describe('Use TLS.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('SASL mechanism: `plain`, `scram-sha-256` or `scram-sha-512`. Default: no authentication.'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User name for Kafka.'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password for Kafka.').meta({ secret: true }),
  TOPIC_NAMES: setting
    .pairs()
    .describe(
      'Topics that have another name on the log, comma-separated: `accounts.events.v1=accounts.events.v2`. The same for all services.',
    ),
});

const serverFields = kafkaFields.extend({
  MONGO_URL: z
    .string()
    .regex(/^mongodb(?:\+srv)?:\/\/./, 'must be a MongoDB connection string, such as mongodb://host:27017')
    .describe('Connection string of MongoDB; the database is `latchkey` unless it names another.')
    .meta({ secret: true }),
});

const SASL = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;

/** Address and credentials of Kafka: KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_*, TOPIC_NAMES. */
export const kafkaSettings = kafkaFields.superRefine(checkSasl, { when: () => true });

/** Addresses and credentials of the servers: those of Kafka, and MONGO_URL. */
export const serverSettings = serverFields.superRefine(
  checkSasl,
  // Also if single settings are invalid, so that all faults are reported at once.
  { when: () => true },
);

function checkSasl(config: KafkaConfig, context: z.RefinementCtx): void {
  if (SASL.every((name) => config[name] === undefined)) return;
  for (const name of SASL.filter((each) => config[each] === undefined)) {
    context.addIssue({ code: 'custom', path: [name], message: `is required with ${othersOf(name)}` });
  }
}

function othersOf(name: string): string {
  return SASL.filter((each) => each !== name).join(' and ');
}

export type KafkaConfig = z.infer<typeof kafkaFields>;
export type ServerConfig = z.infer<typeof serverFields>;
