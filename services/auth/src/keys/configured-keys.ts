/** Lists the keys of a process in the form in which the process's store records them. */

import { computeSecretFingerprint, type SecretKeys } from '@latchkey/process';
import type { ConfiguredKeys } from '@latchkey/store';
import { formatHashCost, type HashCosts } from '../passwords/hashing/costs.ts';
import type { EventKeys, SigningKeys } from './keys.ts';

/** The settings on which stored hashes and sessions depend. */
export interface KeysOfStoredData {
  readonly PASSWORD_SALT_KEY: SecretKeys;
  readonly REFRESH_KEY: SecretKeys;
}

interface AuthKeys extends KeysOfStoredData {
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
 * Returns the keys on which stored data depends. A service must refuse to start with different ones:
 * passwords hashed with another PASSWORD_SALT_KEY never match, and if instances have different REFRESH_KEYs,
 * sessions end at random.
 */
export function toRequiredKeys({
  PASSWORD_SALT_KEY,
  REFRESH_KEY,
}: KeysOfStoredData): Readonly<Record<keyof KeysOfStoredData, ConfiguredKeys>> {
  return {
    PASSWORD_SALT_KEY: {
      keys: fingerprintsOf('PASSWORD_SALT_KEY', PASSWORD_SALT_KEY),
      needed: true,
    },
    REFRESH_KEY: { keys: fingerprintsOf('REFRESH_KEY', REFRESH_KEY), needed: true },
  };
}

/**
 * Returns all keys of a process. For signing, sealing and pseudonyms, the store records the keys only to know
 * how long each has been in use.
 */
export function toConfiguredKeys(
  keys: AuthKeys,
): Readonly<
  Record<Exclude<keyof AuthKeys, 'AUDIT_IP_KEY'>, ConfiguredKeys> & { readonly AUDIT_IP_KEY?: ConfiguredKeys }
> {
  return {
    ...toRequiredKeys(keys),
    HASH_COSTS: { keys: keys.HASH_COSTS.map(formatHashCost), needed: true },
    SIGNING_KEYS: { keys: keys.SIGNING_KEYS.published.map(({ kid }) => kid), needed: false },
    EVENT_SIGNING_KEYS: { keys: keys.EVENT_SIGNING_KEYS.published.map(({ kid }) => kid), needed: false },
    SEALING_PUBLIC_KEY: { keys: [keys.SEALING_PUBLIC_KEY.kid], needed: false },
    ...(keys.AUDIT_IP_KEY && {
      AUDIT_IP_KEY: { keys: fingerprintsOf('AUDIT_IP_KEY', keys.AUDIT_IP_KEY), needed: false },
    }),
  };
}
