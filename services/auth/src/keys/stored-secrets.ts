/** The secrets of a system, as they are stored. */
import { parseJson } from '@latchkey/process';
import { z } from 'zod';

const secrets = z.strictObject({
  SIGNING_KEYS: z.string(),
  // Release 0.1 had none.
  EVENT_SIGNING_KEYS: z.string().exactOptional(),
  SEALING_PUBLIC_KEY: z.string(),
  SEALING_PRIVATE_KEYS: z.string(),
  PASSWORD_SALT_KEY: z.string(),
  REFRESH_KEY: z.string(),
  // Not needed without webhooks; release 0.1 had none.
  WEBHOOK_SECRET_KEY: z.string().exactOptional(),
});

/** Secrets as any release stored them. */
export type StoredSecrets = Readonly<z.infer<typeof secrets>>;

/** Settings of the environment: those of auth, SEALING_PRIVATE_KEYS of the notifier, WEBHOOK_SECRET_KEY of user. */
export type Secrets = StoredSecrets & Required<Pick<StoredSecrets, 'EVENT_SIGNING_KEYS'>>;

/** The names of all secrets. */
export const secretNames: readonly (keyof Secrets)[] = secrets.keyof().options;

/** The names of the secrets that every system has. */
export const requiredSecretNames = secretNames.filter((name) => name !== 'WEBHOOK_SECRET_KEY');

/** Parses secrets in JSON. Returns undefined for anything else, because an error message would quote them. */
export function parseSecrets(text: string): StoredSecrets | undefined {
  return secrets.safeParse(parseJson(text)).data;
}
