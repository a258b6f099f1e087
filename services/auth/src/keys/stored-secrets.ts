/** The secrets of a system, as they are stored. */
import { parseJson } from '@latchkey/process';
import { z } from 'zod';

/** The secrets that every new system gets. */
const generated = z.strictObject({
  SIGNING_KEYS: z.string(),
  // Absent in secrets that release 0.1 created.
  EVENT_SIGNING_KEYS: z.string().exactOptional(),
  SEALING_PUBLIC_KEY: z.string(),
  SEALING_PRIVATE_KEYS: z.string(),
  PASSWORD_SALT_KEY: z.string(),
  REFRESH_KEY: z.string(),
  // Not needed without webhooks; absent in secrets that release 0.1 created.
  WEBHOOK_SECRET_KEY: z.string().exactOptional(),
});

const secrets = generated.extend({
  MAIL_BOUNCE_KEY: z.string().exactOptional(),
  AUDIT_IP_KEY: z.string().exactOptional(),
  MAIL_DKIM_PRIVATE_KEY: z.string().exactOptional(),
});

/** Secrets as this release or an earlier one stored them. */
export type StoredSecrets = Readonly<z.infer<typeof secrets>>;

/** The secrets that `ops secrets` and the first start of a standalone create. */
export type GeneratedSecrets = Readonly<Required<z.infer<typeof generated>>>;

/** The secrets of all services, as settings of the environment. */
export type Secrets = StoredSecrets & Pick<GeneratedSecrets, 'EVENT_SIGNING_KEYS'>;

/** The names of the secrets that every new system gets. */
export const secretNames: readonly (keyof GeneratedSecrets)[] = generated.keyof().options;

/** The names of all secrets, including those that only some systems have. */
export const allSecretNames: readonly (keyof Secrets)[] = secrets.keyof().options;

/** The names of the secrets that every system has. */
export const requiredSecretNames = secretNames.filter((name) => name !== 'WEBHOOK_SECRET_KEY');

/** Parses secrets in JSON. Returns undefined for anything else, because an error message would quote them. */
export function parseSecrets(text: string): StoredSecrets | undefined {
  return secrets.safeParse(parseJson(text)).data;
}
