/**
 * The secrets of a data folder: made on the first start in development, so that there is nothing to set up.
 * Whoever loses PASSWORD_SALT_KEY loses every password, so the file is on the disk before it is used.
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
  throw new Error(`${path} is not a file of Latchkey's secrets: put it back, or start with another DATA_DIR`);
}

/**
 * The folder's secrets; made and written (readable to its owner alone) where there are none yet. The folder
 * must exist and be held by this server.
 * @throws Error naming the file if it cannot be read or is not what it should be
 */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const path = secretsPath(folder);
  const text = await readTextFile(path);
  if (text !== undefined) return secretsIn(text, path);
  const made = generateSecrets();
  await makeTextFile(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
