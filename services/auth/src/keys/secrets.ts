/** Generates the secrets of a new system. */
import { makeKey } from './make-key.ts';
import type { Secrets } from './stored-secrets.ts';

export {
  addKey,
  FIRST_KEY,
  type KeyKind,
  keyKinds,
  keysIn,
  type ListedKey,
  promoteKey,
  removeKey,
  settingOf,
} from './key-sets.ts';
export { parseSecrets, type Secrets, type StoredSecrets, secretNames } from './stored-secrets.ts';

/** Generates a key to sign events. */
export function generateEventKeys(): string {
  return JSON.stringify({ keys: [makeKey('events')] });
}

/** Generates all secrets of Latchkey, each on one line. */
export function generateSecrets(): Secrets {
  const { d, ...sealing } = makeKey('sealing');
  return {
    SIGNING_KEYS: JSON.stringify({ keys: [makeKey('signing')] }),
    EVENT_SIGNING_KEYS: generateEventKeys(),
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [{ ...sealing, d }] }),
    SEALING_PUBLIC_KEY: JSON.stringify(sealing),
    PASSWORD_SALT_KEY: String(makeKey('salt').k),
    REFRESH_KEY: String(makeKey('refresh').k),
  };
}
