import { Kafka, type KafkaConfig, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { KafkaConnection, KafkaLogger, KafkaSaslCredentials } from './connection.ts';
import { skipUnrefOfClosedSockets } from './workarounds/closed-sockets.ts';
import { patchKafkajsHeaderDecoder } from './workarounds/patch-header-decoder.ts';
import { slowDownRequestTimers } from './workarounds/request-timers.ts';
import { enableReadingUncommittedOffsets } from './workarounds/uncommitted-offsets.ts';

export interface KafkaClients {
  /** A client that tries each broker once and then fails, so that the caller decides whether to retry. */
  readonly prompt: Kafka;
  /** A client that keeps retrying during outages. */
  readonly patient: Kafka;
}

const CONNECTION_TIMEOUT_MS = 3000;
/**
 * The timeout of a request, in ms. It is longer than the time within which publisher.ts requires a broker to
 * write records.
 */
const REQUEST_TIMEOUT_MS = 15_000;
const FEWEST_TRIES = 3;
const SAME_LINE_EVERY_MS = 30_000;
const LINES_REMEMBERED = 100;

/**
 * The retry options of a client that keeps retrying during outages. Every value is explicit, because kafkajs
 * has different defaults if NODE_ENV is `test`.
 */
export const KAFKA_OUTAGE_RETRY_OPTIONS = {
  retries: 1000,
  initialRetryTime: 100,
  maxRetryTime: 1000,
} as const;

export function createKafkaClients(connection: KafkaConnection, logger: KafkaLogger): KafkaClients {
  const { brokers, clientId, ssl, sasl, patchKafkajs } = connection;
  if (patchKafkajs) patchKafkajsHeaderDecoder();
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: toSasl(sasl) }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logLevel: logLevel.WARN,
    logCreator: () => logTo(logger),
  };
  const retries = Math.max(FEWEST_TRIES, brokers.length);
  return {
    prompt: createClient({ ...config, retry: { retries, initialRetryTime: 50, maxRetryTime: 200 } }),
    patient: createClient({ ...config, retry: KAFKA_OUTAGE_RETRY_OPTIONS }),
  };
}

/** Creates a client with the workarounds that change only this client. */
function createClient(config: KafkaConfig): Kafka {
  const kafka = new Kafka(config);
  enableReadingUncommittedOffsets(kafka);
  slowDownRequestTimers(kafka);
  skipUnrefOfClosedSockets(kafka);
  return kafka;
}

/**
 * Converts SASL settings to the options of kafkajs. The branches return the same fields, but kafkajs declares
 * a separate type for each mechanism.
 */
function toSasl({ mechanism, username, password }: KafkaSaslCredentials): SASLOptions {
  const credentials = { username, password };
  if (mechanism === 'plain') return { mechanism, ...credentials };
  if (mechanism === 'scram-sha-256') return { mechanism, ...credentials };
  return { mechanism, ...credentials };
}

/**
 * Forwards kafkajs's warnings to the logger. The same warning is logged at most twice a minute, because
 * kafkajs repeats it at every retry during an outage.
 */
function logTo(logger: KafkaLogger): (entry: LogEntry) => void {
  const lastLogged = new Map<string, number>();
  return ({ namespace, log }) => {
    const line = `${namespace}: ${log.message}`;
    const now = Date.now();
    if (now - (lastLogged.get(line) ?? Number.NEGATIVE_INFINITY) < SAME_LINE_EVERY_MS) return;
    if (lastLogged.size >= LINES_REMEMBERED) lastLogged.clear();
    lastLogged.set(line, now);
    const { broker, groupId, error } = log;
    logger.warn({ broker, group: groupId, cause: error === undefined ? undefined : String(error) }, line);
  };
}
