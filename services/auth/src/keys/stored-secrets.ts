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
});

/** Secrets as any release stored them. */
export type StoredSecrets = Readonly<z.infer<typeof secrets>>;

/** Settings of the environment: those of auth, and SEALING_PRIVATE_KEYS of the notifier. */
export type Secrets = Required<StoredSecrets>;

export const secretNames: readonly (keyof Secrets)[] = secrets.keyof().options;

/** Parses secrets in JSON. Returns undefined for anything else, because an error message would quote them. */
export function parseSecrets(text: string): StoredSecrets | undefined {
  return secrets.safeParse(parseJson(text)).data;
}
