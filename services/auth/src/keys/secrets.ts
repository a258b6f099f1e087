/** Generates the secrets of a new installation. */
import { generateKey } from './generate-key.ts';
import type { GeneratedSecrets } from './stored-secrets.ts';

export {
  addKey,
  getDkimKeyPem,
  type KeyKind,
  keyKinds,
  keySettingNames,
  type ListedKey,
  listKeys,
  promoteKey,
  removeKey,
  type SigningAlgorithm,
  signingAlgorithms,
  UNNAMED_KEY_ID,
} from './key-sets.ts';
export {
  allSecretNames,
  type GeneratedSecrets,
  generatedSecretNames,
  parseSecrets,
  requiredSecretNames,
  type Secrets,
  type StoredSecrets,
} from './stored-secrets.ts';

/**
 * Secrets that release 0.1 did not have. `ops secrets` adds them to an installation that was created with
 * 0.1.
 */
export type SecretsAddedAfterRelease01 = Pick<GeneratedSecrets, 'EVENT_SIGNING_KEYS' | 'WEBHOOK_SECRET_KEY'>;

/** Generates the secrets that release 0.1 did not have, for an installation that release 0.1 created. */
export function generateSecretsAddedAfterRelease01(): SecretsAddedAfterRelease01 {
  return {
    EVENT_SIGNING_KEYS: JSON.stringify({ keys: [generateKey('events')] }),
    WEBHOOK_SECRET_KEY: String(generateKey('webhooks').k),
  };
}

/** Generates the secrets of a new installation. No value contains a line break. */
export function generateSecrets(): GeneratedSecrets {
  const { d, ...sealing } = generateKey('sealing');
  return {
    SIGNING_KEYS: JSON.stringify({ keys: [generateKey('signing')] }),
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [{ ...sealing, d }] }),
    SEALING_PUBLIC_KEY: JSON.stringify(sealing),
    PASSWORD_SALT_KEY: String(generateKey('salt').k),
    REFRESH_KEY: String(generateKey('refresh').k),
    ...generateSecretsAddedAfterRelease01(),
  };
}
