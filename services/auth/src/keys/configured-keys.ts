/** Lists the keys of a process in the form in which the process's store records them. */

import { computeSecretFingerprint, type SecretKeys } from '@latchkey/process';
import type { ConfiguredKeys } from '@latchkey/store';
import { formatHashCost, type HashCosts } from '../passwords/hashing/costs.ts';
import type { EventKeys, SigningKeys } from './keys.ts';

/** The settings on which stored hashes and sessions depend. */
export interface KeysNeededByStoredData {
  readonly PASSWORD_SALT_KEY: SecretKeys;
  readonly REFRESH_KEY: SecretKeys;
}

interface AuthKeys extends KeysNeededByStoredData {
  readonly HASH_COSTS: HashCosts;
  readonly SIGNING_KEYS: SigningKeys;
  readonly EVENT_SIGNING_KEYS: EventKeys;
  readonly SEALING_PUBLIC_KEY: { readonly kid: string };
  readonly AUDIT_IP_KEY?: SecretKeys | undefined;
}

function fingerprintsOf(setting: string, keys: SecretKeys): readonly string[] {
  return keys.map(({ bytes }) => computeSecretFingerprint(setting, bytes));
}

/**
 * Returns the keys without which stored data is useless. A service must refuse to start if its keys differ
 * from those that the store has recorded. With another PASSWORD_SALT_KEY, no stored password would match.
 * With another REFRESH_KEY, an instance would refuse the sessions that other instances have created.
 */
export function listRequiredKeys({
  PASSWORD_SALT_KEY,
  REFRESH_KEY,
}: KeysNeededByStoredData): Readonly<Record<keyof KeysNeededByStoredData, ConfiguredKeys>> {
  return {
    PASSWORD_SALT_KEY: {
      keys: fingerprintsOf('PASSWORD_SALT_KEY', PASSWORD_SALT_KEY),
      needed: true,
    },
    REFRESH_KEY: { keys: fingerprintsOf('REFRESH_KEY', REFRESH_KEY), needed: true },
  };
}

/**
 * Returns all keys that a process of auth is configured with. The keys for signing, sealing and pseudonyms
 * are not `needed`: the store records them only so that `ops keys` can show how long each key has been in
 * use.
 */
export function listConfiguredKeys(
  keys: AuthKeys,
): Readonly<
  Record<Exclude<keyof AuthKeys, 'AUDIT_IP_KEY'>, ConfiguredKeys> & { readonly AUDIT_IP_KEY?: ConfiguredKeys }
> {
  return {
    ...listRequiredKeys(keys),
    HASH_COSTS: { keys: keys.HASH_COSTS.map(formatHashCost), needed: true },
    SIGNING_KEYS: { keys: keys.SIGNING_KEYS.published.map(({ kid }) => kid), needed: false },
    EVENT_SIGNING_KEYS: { keys: keys.EVENT_SIGNING_KEYS.published.map(({ kid }) => kid), needed: false },
    SEALING_PUBLIC_KEY: { keys: [keys.SEALING_PUBLIC_KEY.kid], needed: false },
    ...(keys.AUDIT_IP_KEY && {
      AUDIT_IP_KEY: { keys: fingerprintsOf('AUDIT_IP_KEY', keys.AUDIT_IP_KEY), needed: false },
    }),
  };
}
