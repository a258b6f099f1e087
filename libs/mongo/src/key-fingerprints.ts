import {
  type ConfiguredKeys,
  formatKeyUses,
  type KeyFingerprintStore,
  type MoveTarget,
  parseKeyUses,
  removeKeyUse,
  type StoredKeyUses,
  updateKeyUsesAtStartup,
} from '@latchkey/store';
import type { Connection } from 'mongoose';
import { createMongoDocumentMoveTarget } from './document-target.ts';
import { isConcurrentWriteError, mapMongoErrors } from './failures.ts';
import { createStrictMongooseSchema, getCollectionModel } from './models.ts';

export interface FingerprintDocument {
  /** The name of the setting that contains the keys. */
  readonly _id: string;
  /** The fingerprints or ids of the setting's keys, in the format of `parseKeyUses`. */
  readonly fingerprint: string;
}

const text = { type: String, required: true } as const;

export function getKeyFingerprintModel(connection: Connection, collection: string) {
  return getCollectionModel(connection, collection, () =>
    createStrictMongooseSchema<FingerprintDocument>({ _id: text, fingerprint: text }),
  );
}

/**
 * Stores key fingerprints in MongoDB, one document per setting.
 * @param assertReady called before each check; rejects if the store must not be used yet
 */
export function createMongoKeyFingerprintStore(
  connection: Connection,
  collection: string,
  assertReady: () => Promise<void> = async () => undefined,
): KeyFingerprintStore {
  const fingerprints = getKeyFingerprintModel(connection, collection);

  async function stored(name: string): Promise<string | undefined> {
    return (await fingerprints.findById(name).lean())?.fingerprint;
  }

  /**
   * Replaces the stored fingerprints of a setting.
   * @returns false if another process has changed them in the meantime
   */
  async function replace(name: string, known: string | undefined, fingerprint: string): Promise<boolean> {
    if (known === fingerprint) return true;
    if (known !== undefined) {
      const { matchedCount } = await fingerprints.updateOne(
        { _id: name, fingerprint: known },
        { fingerprint },
      );
      return matchedCount === 1;
    }
    try {
      await fingerprints.insertOne({ _id: name, fingerprint });
      return true;
    } catch (error) {
      if (!isConcurrentWriteError(error)) throw error;
      return false;
    }
  }

  /**
   * Stores the fingerprints of a setting's keys.
   * @returns false, and stores nothing, if the setting lacks a key that stored data may depend on
   */
  async function remember(name: string, keys: ConfiguredKeys, now: Date): Promise<boolean> {
    for (;;) {
      const known = await stored(name);
      const next = updateKeyUsesAtStartup(known, keys, now);
      if (next === undefined) return false;
      if (await replace(name, known, next)) return true;
    }
  }

  async function lackingIn(
    given: Readonly<Record<string, ConfiguredKeys>>,
    now: Date,
  ): Promise<readonly string[]> {
    const entries = await Promise.all(
      Object.entries(given).map(async ([name, keys]) => {
        const next = updateKeyUsesAtStartup(await stored(name), keys, now);
        return next === undefined ? [name] : [];
      }),
    );
    return entries.flat();
  }

  return mapMongoErrors<KeyFingerprintStore>({
    async check(given, now) {
      await assertReady();
      const lacking = await lackingIn(given, now);
      if (lacking.length > 0) return lacking;
      // Store the keys of the settings in alphabetical order, as every instance does. If two instances with
      // different keys start at the same time, only one of them can store the first setting in which their
      // keys conflict. The other one fails there, and stores none of the settings that come after it.
      for (const [name, keys] of Object.entries(given).toSorted(([one], [other]) => (one < other ? -1 : 1))) {
        if (!(await remember(name, keys, now))) return lackingIn(given, now);
      }
      return [];
    },
    async list() {
      const documents = await fingerprints.find().lean();
      return Object.fromEntries(
        documents.map(({ _id, fingerprint }) => [_id, parseKeyUses(fingerprint)] as const),
      );
    },
    async forget(name, key, seen) {
      if (seen.length === 0) return (await stored(name)) === undefined;
      const known = { _id: name, fingerprint: formatKeyUses(seen) };
      const fingerprint = removeKeyUse(seen, key);
      if (fingerprint === undefined) return (await fingerprints.deleteOne(known)).deletedCount === 1;
      return (await fingerprints.updateOne(known, { fingerprint })).matchedCount === 1;
    },
  });
}

/** Creates a target that receives the stored key fingerprints of another store, for `ops move`. */
export function createMongoKeyFingerprintMoveTarget(
  connection: Connection,
  collection: string,
): MoveTarget<StoredKeyUses> {
  return mapMongoErrors(
    createMongoDocumentMoveTarget<StoredKeyUses, FingerprintDocument>(connection, collection, {
      documentOf: ({ setting, uses }) => ({ _id: setting, fingerprint: formatKeyUses(uses) }),
      // Processes may already have been started on the target store with additional keys. Therefore check
      // only that the target contains all keys of the source.
      isHeld: (stored, moved) => {
        const known = stored.fingerprint.split(' ');
        return moved.fingerprint.split(' ').every((use) => known.includes(use));
      },
    }),
  );
}
