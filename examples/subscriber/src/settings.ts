import { z } from 'zod';

const settings = z.object({
  /** The Kafka brokers, as comma-separated `host:port`. */
  KAFKA_BROKERS: z
    .string('is required')
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().min(1, 'takes host:port, comma-separated')).min(1)),
  /**
   * `true` if the connection to Kafka uses TLS. Node also trusts the certificate authorities in the file that
   * NODE_EXTRA_CA_CERTS names.
   */
  KAFKA_SSL: z.stringbool('takes true or false').default(false),
  /** The Kafka user that logs in with SCRAM-SHA-512. Default: no login. */
  KAFKA_SASL_USERNAME: z.string().optional(),
  /** The file that contains the password of the Kafka user. */
  KAFKA_SASL_PASSWORD_FILE: z.string().optional(),
  /** The URL of auth's public keys. The program uses them to verify events. */
  JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'takes an http(s) URL' })
    .default('http://localhost:8080/.well-known/jwks.json'),
  KAFKA_GROUP: z.string().min(1, 'must not be empty').default('subscriber'),
  /** The host name or IP address at which the program serves `/readyz`. */
  OPERATIONS_HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  OPERATIONS_PORT: z.coerce
    .number('takes a port')
    .int('takes a port')
    .min(0, 'takes a port')
    .max(65_535, 'takes a port')
    .default(9084),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type Settings = z.infer<typeof settings>;

/**
 * Reads the settings from environment variables.
 * @throws Error with one line per fault, which names the setting
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = settings.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`);
  throw new Error(faults.join('\n'));
}
