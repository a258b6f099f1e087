/** The secrets of an installation in the form in which they are stored. */
import { parseJson } from '@latchkey/process';
import { z } from 'zod';

/** The secrets that every new installation gets. */
const generated = z.strictObject({
  SIGNING_KEYS: z.string(),
  // The keys that sign events. Absent if release 0.1 created the secrets.
  EVENT_SIGNING_KEYS: z.string().exactOptional(),
  SEALING_PUBLIC_KEY: z.string(),
  SEALING_PRIVATE_KEYS: z.string(),
  PASSWORD_SALT_KEY: z.string(),
  REFRESH_KEY: z.string(),
  // Needed only for webhooks. Absent if release 0.1 created the secrets.
  WEBHOOK_SECRET_KEY: z.string().exactOptional(),
});

const secrets = generated.extend({
  MAIL_BOUNCE_KEY: z.string().exactOptional(),
  AUDIT_IP_KEY: z.string().exactOptional(),
  MAIL_DKIM_PRIVATE_KEY: z.string().exactOptional(),
});

/** The stored secrets of an installation, which this or an earlier release may have created. */
export type StoredSecrets = Readonly<z.infer<typeof secrets>>;

/**
 * The secrets that are generated for a new installation, by `ops secrets` or by the first start of a
 * standalone server.
 */
export type GeneratedSecrets = Readonly<Required<z.infer<typeof generated>>>;

/** The secrets with which the services can run: stored secrets that include the keys for signing events. */
export type Secrets = StoredSecrets & Pick<GeneratedSecrets, 'EVENT_SIGNING_KEYS'>;

/** The names of the secrets that every new installation gets. */
export const generatedSecretNames: readonly (keyof GeneratedSecrets)[] = generated.keyof().options;

/** The names of all secrets, including optional ones. */
export const allSecretNames: readonly (keyof Secrets)[] = secrets.keyof().options;

/** The names of the secrets that every installation must have. */
export const requiredSecretNames = generatedSecretNames.filter((name) => name !== 'WEBHOOK_SECRET_KEY');

/**
 * Parses stored secrets from JSON. Returns undefined if they are invalid: a thrown error could quote a secret
 * in its message.
 */
export function parseSecrets(text: string): StoredSecrets | undefined {
  return secrets.safeParse(parseJson(text)).data;
}
