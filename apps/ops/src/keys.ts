/** The keys of a data folder, and the env file that hands them to the services of a cluster. */
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseSecrets, type Secrets } from '@latchkey/auth/secrets';
import { type Environment, makeTextFile, readConfig, readTextFile } from '@latchkey/process';
import { z } from 'zod';

const settings = z.object({
  SIGNING_KEYS: z.string().optional(),
  SEALING_PUBLIC_KEY: z.string().optional(),
  SEALING_PRIVATE_KEYS: z.string().optional(),
  PASSWORD_SALT_KEY: z.string().optional(),
  REFRESH_KEY: z.string().optional(),
});

const NAMES = Object.keys(settings.shape) as (keyof Secrets)[];

/**
 * Returns the keys that standalone would use: the settings take precedence over the folder's `secrets.json`.
 * @throws ConfigError; Error naming the keys that are in neither
 */
export async function keysOf(folder: string, environment: Environment): Promise<Secrets> {
  const keys = { ...(await keysIn(join(folder, 'secrets.json'))), ...readConfig(settings, environment) };
  const missing = NAMES.filter((name) => keys[name] === undefined);
  if (missing.length > 0) throw new Error(`${missing.join(', ')}: neither set nor in ${folder}/secrets.json`);
  return keys as Secrets;
}

async function keysIn(path: string): Promise<Partial<Secrets>> {
  const text = await readTextFile(path);
  if (text === undefined) return {};
  const keys = parseSecrets(text);
  if (keys === undefined) throw new Error(`${path} does not contain Latchkey's secrets`);
  return keys;
}

/** Formats one assignment per line, quoted so that shells, Compose, systemd and Node read it alike. */
function asEnv(keys: Secrets): string {
  return NAMES.map((name) => `${name}='${keys[name]}'\n`).join('');
}

/** Checks that the keys can be written to a file. @throws Error if it exists and contains anything but these keys */
export async function assertFreeOrSame(path: string, keys: Secrets): Promise<void> {
  const text = await readTextFile(path);
  if (text === undefined) return;
  const found = parseEnv(text);
  const same = NAMES.every((name) => found[name] === keys[name]);
  if (!same || Object.keys(found).length !== NAMES.length)
    throw new Error(
      `${path} exists and contains something else: move it away, or choose another with --env-file`,
    );
}

/** Writes the keys to a file (0600), unless it contains them already. @throws as assertFreeOrSame */
export async function writeEnvFile(path: string, keys: Secrets): Promise<void> {
  if (!(await makeTextFile(path, asEnv(keys)))) await assertFreeOrSame(path, keys);
}
