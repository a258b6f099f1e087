/**
 * Records which keys a store was used with. Stores only fingerprints or ids of the keys. Used at the start of
 * a service and by ops commands.
 */
import type { ConfiguredKeys, KeyUse } from './key-uses.ts';

/** The recorded keys of one setting, for `ops move`. */
export interface StoredKeyUses {
  readonly setting: string;
  readonly uses: readonly KeyUse[];
}

export interface KeyFingerprintStore {
  /**
   * Records the keys of a process that is starting, by setting. Records nothing if a key is missing on which
   * stored data may depend.
   * @returns the settings that lack such a key
   * @throws StoreUnavailable; Error with a one-line message while the data of another store is being moved
   * into this store
   */
  check(given: Readonly<Record<string, ConfiguredKeys>>, now: Date): Promise<readonly string[]>;
  /**
   * Returns the recorded keys by setting.
   * @throws StoreUnavailable
   */
  list(): Promise<Readonly<Record<string, readonly KeyUse[]>>>;
  /**
   * Forgets a key, so that processes may start without it. Does nothing if the recorded keys of the setting
   * have changed since the caller has read them with `list`: in that case, a process has started in the
   * meantime, and may use the key.
   * @param seen the keys of the setting as `list` returned them; empty if the setting was not in the result
   * of `list`
   * @returns false if the recorded keys have changed, so that the key was not forgotten
   * @throws StoreUnavailable
   */
  forget(setting: string, key: string, seen: readonly KeyUse[]): Promise<boolean>;
}
