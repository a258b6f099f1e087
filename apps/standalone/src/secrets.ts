/**
 * The secrets of a data folder, generated on the first start in development. They are written before they are used:
 * without PASSWORD_SALT_KEY no password can be checked.
 */
import { resolve } from 'node:path';
import { generateSecrets, parseSecrets, type Secrets } from '@latchkey/auth/secrets';
import { makeTextFile, readTextFile } from '@latchkey/process';

export function secretsPath(folder: string): string {
  return resolve(folder, 'secrets.json');
}

function secretsIn(text: string, path: string): Secrets {
  const secrets = parseSecrets(text);
  if (secrets !== undefined) return secrets;
  throw new Error(`${path} does not contain Latchkey's secrets: restore it, or start with another DATA_DIR`);
}

/**
 * Loads the secrets of a folder, or generates and stores them (0600) if there are none. The folder must exist and be
 * locked by this server.
 * @throws Error naming the file if it cannot be read or is invalid
 */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const path = secretsPath(folder);
  const text = await readTextFile(path);
  if (text !== undefined) return secretsIn(text, path);
  const made = generateSecrets();
  await makeTextFile(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
