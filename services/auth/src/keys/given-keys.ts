/** The keys of a process, as its store remembers them. */

import { type SecretKeys, secretFingerprint } from '@latchkey/process';
import type { ConfiguredKeys } from '@latchkey/store';
import { formatCost, type HashCosts } from '../passwords/hashing/costs.ts';
import type { EventKeys, SigningKeys } from './keys.ts';

/** The settings on which stored hashes and sessions depend. */
export interface StoredDataKeys {
  readonly PASSWORD_SALT_KEY: SecretKeys;
  readonly REFRESH_KEY: SecretKeys;
}

interface Keys extends StoredDataKeys {
  readonly HASH_COSTS: HashCosts;
  readonly SIGNING_KEYS: SigningKeys;
  readonly EVENT_SIGNING_KEYS: EventKeys;
  readonly SEALING_PUBLIC_KEY: { readonly kid: string };
  readonly AUDIT_IP_KEY?: SecretKeys | undefined;
}

function fingerprintsOf(setting: string, keys: SecretKeys): readonly string[] {
  return keys.map(({ bytes }) => secretFingerprint(setting, bytes));
}

/**
 * Returns the keys that the stored accounts depend on. A start without one of them must be refused: passwords that were
 * hashed with a different PASSWORD_SALT_KEY are never correct. If instances have different REFRESH_KEYs, sessions end
 * at random.
 */
export function requiredKeysOf({
  PASSWORD_SALT_KEY,
  REFRESH_KEY,
}: StoredDataKeys): Readonly<Record<keyof StoredDataKeys, ConfiguredKeys>> {
  return {
    PASSWORD_SALT_KEY: {
      keys: fingerprintsOf('PASSWORD_SALT_KEY', PASSWORD_SALT_KEY),
      needed: true,
    },
    REFRESH_KEY: { keys: fingerprintsOf('REFRESH_KEY', REFRESH_KEY), needed: true },
  };
}

/**
 * Returns all keys of a process. Keys for signing, sealing and pseudonyms are recorded only to know since when each
 * has been in use.
 */
export function givenKeysOf(
  keys: Keys,
): Readonly<
  Record<Exclude<keyof Keys, 'AUDIT_IP_KEY'>, ConfiguredKeys> & { readonly AUDIT_IP_KEY?: ConfiguredKeys }
> {
  return {
    ...requiredKeysOf(keys),
    HASH_COSTS: { keys: keys.HASH_COSTS.map(formatCost), needed: true },
    SIGNING_KEYS: { keys: keys.SIGNING_KEYS.published.map(({ kid }) => kid), needed: false },
    EVENT_SIGNING_KEYS: { keys: keys.EVENT_SIGNING_KEYS.published.map(({ kid }) => kid), needed: false },
    SEALING_PUBLIC_KEY: { keys: [keys.SEALING_PUBLIC_KEY.kid], needed: false },
    ...(keys.AUDIT_IP_KEY && {
      AUDIT_IP_KEY: { keys: fingerprintsOf('AUDIT_IP_KEY', keys.AUDIT_IP_KEY), needed: false },
    }),
  };
}
