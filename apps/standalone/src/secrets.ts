/**
 * Loads the secrets of a data folder, or generates them on the first start in development. New secrets are
 * stored before they are used, because stored data depends on them: without PASSWORD_SALT_KEY, for example,
 * no stored password could be verified.
 */
import { resolve } from 'node:path';
import {
  generateSecrets,
  generateSecretsAddedAfterRelease01,
  parseSecrets,
  type Secrets,
  type StoredSecrets,
} from '@latchkey/auth/secrets';
import { createTextFile, readTextFile, replaceTextFile } from '@latchkey/process';

export function getSecretsPath(folder: string): string {
  return resolve(folder, 'secrets.json');
}

function secretsIn(text: string, path: string): StoredSecrets {
  const secrets = parseSecrets(text);
  if (secrets !== undefined) return secrets;
  throw new Error(`${path} does not contain Latchkey's secrets: restore it, or start with another DATA_DIR`);
}

/**
 * Loads the secrets of a data folder. If the folder has none, generates secrets and stores them with mode
 * 0600. The folder must exist, and this server must have locked it.
 * @param needsFormer returns whether stored data depends on secrets that this file must once have
 * contained. Default: no
 * @throws Error that names the file if it cannot be read or is invalid, or if the file is missing although
 * stored data needs its secrets
 */
export async function loadOrGenerateSecrets(
  folder: string,
  needsFormer: () => Promise<boolean> = async () => false,
): Promise<Secrets> {
  const path = getSecretsPath(folder);
  const text = await readTextFile(path);
  if (text !== undefined) return withLaterSecrets(secretsIn(text, path), path);
  if (await needsFormer()) throw new Error(`${path} is missing: restore it, or start with another DATA_DIR`);
  const made = generateSecrets();
  await createTextFile(path, textOf(made));
  return made;
}

/** Generates and stores the secrets that did not exist in the release that created the folder. */
async function withLaterSecrets(secrets: StoredSecrets, path: string): Promise<Secrets> {
  const complete = { ...generateSecretsAddedAfterRelease01(), ...secrets };
  if (Object.keys(complete).length > Object.keys(secrets).length)
    await replaceTextFile(path, textOf(complete));
  return complete;
}

function textOf(secrets: Secrets): string {
  return `${JSON.stringify(secrets, null, 2)}\n`;
}
