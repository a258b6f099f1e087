/**
 * Formats and parses the list of keys with which a store was used. The store contains one string for each
 * setting. The string contains only the fingerprints or ids of the keys, not the keys themselves.
 */

export interface KeyUse {
  /** The fingerprint or the id of a key. */
  readonly key: string;
  /** When a process first started with this key as the current key; undefined if this never happened. */
  readonly since?: Date;
}

/** The keys in one setting. The first one is the current key. */
export interface ConfiguredKeys {
  readonly keys: readonly string[];
  /**
   * Whether stored data may depend on the keys of this setting. If so, a process must not start when the
   * setting lacks a key that was used before.
   */
  readonly needed: boolean;
}

/**
 * Parses the stored form of a list of keys: items `key` or `key@ms`, separated by spaces, where `ms` is the
 * time in {@link KeyUse.since}. Release 0.1 stored a single key without a time.
 */
export function parseKeyUses(text: string): readonly KeyUse[] {
  return text.split(' ').map((item) => {
    const [key = '', ms] = item.split('@');
    return { key, ...(ms !== undefined && { since: new Date(Number(ms)) }) };
  });
}

/** Returns the stored format of keys, which {@link parseKeyUses} parses. */
export function formatKeyUses(uses: readonly KeyUse[]): string {
  return uses.map(({ key, since }) => (since === undefined ? key : `${key}@${since.getTime()}`)).join(' ');
}

/**
 * Updates the stored list of a setting's keys when a process starts with these keys.
 * @param stored the previous list, in the format of {@link parseKeyUses}; undefined at the first start
 * @returns the new list in the same format; undefined if a key is missing on which stored data may depend
 */
export function updateKeyUsesAtStartup(
  stored: string | undefined,
  { keys, needed }: ConfiguredKeys,
  now: Date,
): string | undefined {
  const uses = stored === undefined ? [] : parseKeyUses(stored);
  if (needed && uses.some(({ key }) => !keys.includes(key))) return undefined;
  const [current] = keys;
  const given = keys.map((key) => {
    const since = uses.find((use) => use.key === key)?.since ?? (key === current ? now : undefined);
    return { key, ...(since !== undefined && { since }) };
  });
  return formatKeyUses([...given, ...uses.filter(({ key }) => !keys.includes(key))]);
}

/** Returns the record without a retired key; undefined if no key remains. */
export function removeKeyUse(uses: readonly KeyUse[], key: string): string | undefined {
  const rest = uses.filter((use) => use.key !== key);
  return rest.length === 0 ? undefined : formatKeyUses(rest);
}
