/** Generates the secrets of a new system. */
import { makeKey } from './make-key.ts';
import type { GeneratedSecrets } from './stored-secrets.ts';

export {
  addKey,
  dkimKeyIn,
  type KeyKind,
  keyKinds,
  keySettingNames,
  keysIn,
  type ListedKey,
  promoteKey,
  removeKey,
  UNNAMED_KEY_ID,
} from './key-sets.ts';
export {
  allSecretNames,
  type GeneratedSecrets,
  parseSecrets,
  requiredSecretNames,
  type Secrets,
  type StoredSecrets,
  secretNames,
} from './stored-secrets.ts';

/** Secrets that release 0.1 did not have. `ops secrets` adds them to the secrets of such a system. */
export type LaterSecrets = Pick<GeneratedSecrets, 'EVENT_SIGNING_KEYS' | 'WEBHOOK_SECRET_KEY'>;

/** Generates the secrets that release 0.1 did not have. */
export function generateLaterSecrets(): LaterSecrets {
  return {
    EVENT_SIGNING_KEYS: JSON.stringify({ keys: [makeKey('events')] }),
    WEBHOOK_SECRET_KEY: String(makeKey('webhooks').k),
  };
}

/** Generates all secrets of Latchkey, each on one line. */
export function generateSecrets(): GeneratedSecrets {
  const { d, ...sealing } = makeKey('sealing');
  return {
    SIGNING_KEYS: JSON.stringify({ keys: [makeKey('signing')] }),
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [{ ...sealing, d }] }),
    SEALING_PUBLIC_KEY: JSON.stringify(sealing),
    PASSWORD_SALT_KEY: String(makeKey('salt').k),
    REFRESH_KEY: String(makeKey('refresh').k),
    ...generateLaterSecrets(),
  };
}
