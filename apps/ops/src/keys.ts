/** The keys that a data folder's server runs with, and the env file that takes them to other servers. */
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseSecrets, type Secrets } from '@latchkey/auth/secrets';
import { type Environment, makeTextFile, readConfig, readTextFile } from '@latchkey/process';
import { z } from 'zod';

const given = z.object({
  SIGNING_KEYS: z.string().optional(),
  SEALING_PUBLIC_KEY: z.string().optional(),
  SEALING_PRIVATE_KEYS: z.string().optional(),
  PASSWORD_SALT_KEY: z.string().optional(),
  REFRESH_KEY: z.string().optional(),
});

const NAMES = Object.keys(given.shape) as (keyof Secrets)[];

/**
 * As standalone finds them: those given win over those of the folder's `secrets.json`.
 * @throws ConfigError; Error naming what is nowhere
 */
export async function keysOf(folder: string, environment: Environment): Promise<Secrets> {
  const keys = { ...(await keysIn(join(folder, 'secrets.json'))), ...readConfig(given, environment) };
  const missing = NAMES.filter((name) => keys[name] === undefined);
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')}: neither given nor in ${folder}/secrets.json`);
  return keys as Secrets;
}

async function keysIn(path: string): Promise<Partial<Secrets>> {
  const text = await readTextFile(path);
  if (text === undefined) return {};
  const keys = parseSecrets(text);
  if (keys === undefined) throw new Error(`${path} is not a file of Latchkey's secrets`);
  return keys;
}

/** One assignment a line. Quoted so that shells, Compose, systemd and Node read the same. */
function asEnv(keys: Secrets): string {
  return NAMES.map((name) => `${name}='${keys[name]}'\n`).join('');
}

/** @throws Error if there is a file with anything else in it */
export async function demandFreeOrSame(path: string, keys: Secrets): Promise<void> {
  const text = await readTextFile(path);
  if (text === undefined) return;
  const found = parseEnv(text);
  const same = NAMES.every((name) => found[name] === keys[name]);
  if (!same || Object.keys(found).length !== NAMES.length)
    throw new Error(`${path} exists and holds something else: move it away, or name another with --env-file`);
}

/** Writes the keys, readable to their owner alone, unless they are there. @throws as demandFreeOrSame */
export async function writeEnvFile(path: string, keys: Secrets): Promise<void> {
  if (!(await makeTextFile(path, asEnv(keys)))) await demandFreeOrSame(path, keys);
}
