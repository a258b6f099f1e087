/**
 * Finds the keys of a system: in a folder that `ops secrets` created, in the file of a data folder, or in the
 * settings.
 */
import { join, resolve } from 'node:path';
import {
  allSecretNames,
  generatedSecretNames,
  parseSecrets,
  type StoredSecrets,
} from '@latchkey/auth/secrets';
import { type Environment, readTextFile, replaceTextFile } from '@latchkey/process';
import { readKeysFromEnvironment } from './keys.ts';
import { getDataFolder } from './stores.ts';

export interface SecretsSource {
  /** Where the keys are, for messages: the path of the folder or file, or `the settings`. */
  readonly name: string;
  readonly secrets: StoredSecrets;
  /**
   * Writes the given keys. Each key is written atomically. The method is missing if the keys are in the
   * settings, because a command cannot change the settings.
   */
  write?(changes: Partial<StoredSecrets>): Promise<void>;
  /** The names of optional keys that are in the environment settings, if the other keys are in files. */
  readonly inSettings: readonly string[];
}

/**
 * Returns the source of the system's keys: the folder, if one is given, otherwise the settings, otherwise the
 * file of the data folder.
 * @param folder a folder that `ops secrets` created
 * @throws Error with a one-line message that says which keys are missing
 */
export async function openSecretsSource(
  folder: string | undefined,
  environment: Environment,
): Promise<SecretsSource> {
  const settings = readKeysFromEnvironment(environment);
  if (folder !== undefined) return withOptional(await folderSource(resolve(folder)), settings);
  const given = generatedSecretNames.filter((name) => settings[name] !== undefined);
  const path = join(getDataFolder(environment), 'secrets.json');
  const text = await readTextFile(path);
  if (given.length === 0 && text !== undefined) return withOptional(fileSource(path, text), settings);
  const complete = parseSecrets(JSON.stringify(settings));
  if (complete === undefined)
    throw new Error(
      `the keys are neither in the settings nor in ${path}: give their folder with --folder, or set ${generatedSecretNames.join(', ')}`,
    );
  return { name: 'the settings', secrets: complete, inSettings: [] };
}

/** Adds optional keys that are in the settings but not in the files. */
function withOptional(source: SecretsSource, settings: Partial<StoredSecrets>): SecretsSource {
  const added = Object.entries(settings).filter(
    ([name]) => !generatedSecretNames.some((each) => each === name) && !Object.hasOwn(source.secrets, name),
  );
  return {
    ...source,
    secrets: { ...source.secrets, ...Object.fromEntries(added) },
    inSettings: added.map(([name]) => name),
  };
}

async function folderSource(folder: string): Promise<SecretsSource> {
  const entries = await Promise.all(
    allSecretNames.map(async (name) => [name, await readTextFile(join(folder, name))] as const),
  );
  const missing = entries
    .filter(([name, text]) => text === undefined && generatedSecretNames.some((each) => each === name))
    .map(([name]) => name);
  const secrets = parseSecrets(JSON.stringify(Object.fromEntries(entries)));
  if (secrets === undefined) throw new Error(`${folder} lacks ${missing.join(', ')}: see \`ops secrets\``);
  return {
    name: folder,
    secrets,
    inSettings: [],
    async write(changes) {
      // Write the keys sorted by name, so that the private sealing key is stored before the public one. If
      // the command stopped after it had written only the public key, links would be sealed that nobody can
      // open.
      for (const [name, text] of Object.entries(changes).toSorted(([one], [other]) => (one < other ? -1 : 1)))
        await replaceTextFile(join(folder, name), text);
    },
  };
}

function fileSource(path: string, text: string): SecretsSource {
  const secrets = parseSecrets(text);
  if (secrets === undefined) throw new Error(`${path} does not contain Latchkey's secrets`);
  return {
    name: path,
    secrets,
    inSettings: [],
    write: (changes) => replaceTextFile(path, `${JSON.stringify({ ...secrets, ...changes }, null, 2)}\n`),
  };
}
