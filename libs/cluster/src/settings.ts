/** The settings of a process that stands on Kafka and MongoDB. */
import type { z } from 'zod';

/** Where the servers are and how to be let in: KAFKA_BROKERS, KAFKA_SSL, KAFKA_SASL_*, MONGO_URL. */
export declare const serverSettings: z.ZodObject;

export interface ServerConfig {
  readonly KAFKA_BROKERS: readonly string[];
  readonly MONGO_URL: string;
}

/** How the process listens and logs: LATCHKEY_ENV, HOST, PORT, LOG_LEVEL, TRUSTED_PROXIES. */
export declare function processSettings(defaultPort: number): z.ZodObject;
