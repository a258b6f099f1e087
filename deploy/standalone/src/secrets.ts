/**
 * The secrets of a data folder: made on the first start in development, so that there is nothing to set up.
 * Whoever loses PASSWORD_SALT_KEY loses every password, so the file is on the disk before it is used.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { generateSecrets, type Secrets } from '@latchkey/auth/secrets';
import { z } from 'zod';

const secrets = z.strictObject({
  SIGNING_KEYS: z.string(),
  SEALING_PRIVATE_KEYS: z.string(),
  SEALING_PUBLIC_KEY: z.string(),
  PASSWORD_SALT_KEY: z.string(),
  REFRESH_KEY: z.string(),
}) satisfies z.ZodType<Secrets>;

export const secretsPath = (folder: string): string => resolve(folder, 'secrets.json');

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}

function parseSecrets(text: string, path: string): Secrets {
  try {
    return secrets.parse(JSON.parse(text));
  } catch {
    // What was wrong is not said: it would quote the secrets.
    throw new Error(
      `${path} is not a file of Latchkey's secrets: put it back, or start with another DATA_DIR`,
    );
  }
}

async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  const draft = join(folder, 'secrets.json.new');
  const file = await open(draft, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const directory = await open(folder);
  await directory.sync().finally(() => directory.close());
}

/**
 * The folder's secrets; made and written (readable to its owner alone) where there are none yet. The folder
 * must exist and be held by this server.
 * @throws Error naming the file if it cannot be read or is not what it should be
 */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const path = secretsPath(folder);
  const text = await readText(path);
  if (text !== undefined) return parseSecrets(text, path);
  const made = generateSecrets();
  await writeDurably(folder, path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
