import { z } from 'zod';

const url = z.url({ protocol: /^https?$/, error: 'takes an http(s) URL' });
const port = z.coerce
  .number('takes a port')
  .int('takes a port')
  .min(0, 'takes a port')
  .max(65_535, 'takes a port');

const settings = z.object({
  HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  PORT: port.default(8090),
  /** The PUBLIC_URL of the Latchkey system whose access tokens are accepted. */
  ISSUER: url,
  AUDIENCE: z.string().min(1, 'must not be empty').default('latchkey'),
  /** The URL of Latchkey's public keys. Default: `/.well-known/jwks.json` below ISSUER. */
  JWKS_URL: url.optional(),
  /**
   * An API key for Latchkey's event feed, with the scope `events`. If set, revoked tokens are refused immediately,
   * without Kafka.
   */
  FEED_KEY: z.string().optional(),
  /** The Kafka brokers, as comma-separated `host:port`. If set, revoked tokens are refused immediately. */
  KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().min(1, 'takes host:port, comma-separated')).min(1))
    .optional(),
  /**
   * `true` if the connection to Kafka uses TLS. Node also trusts the certificate authorities in the file that
   * NODE_EXTRA_CA_CERTS names.
   */
  KAFKA_SSL: z.stringbool('takes true or false').default(false),
  /** The Kafka user that logs in with SCRAM-SHA-512. Default: no login. */
  KAFKA_SASL_USERNAME: z.string().optional(),
  /** The file that contains the password of the Kafka user. */
  KAFKA_SASL_PASSWORD_FILE: z.string().optional(),
});

export type Settings = z.infer<typeof settings>;

/**
 * Reads the settings from environment variables. An empty variable counts as absent.
 * @throws Error that describes each fault on its own line
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.entries(environment).filter(([, value]) => value !== '');
  const parsed = settings.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join('\n'),
  );
}
