/** Reads the keys of a data folder, and writes the env file that passes them to the services of a cluster. */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type EventKeys, parseEventKeySetting } from '@latchkey/auth/ops';
import { allSecretNames, parseSecrets, requiredSecretNames, type Secrets } from '@latchkey/auth/secrets';
import { eventKeysIn } from '@latchkey/events';
import { createTextFile, type Environment, parseJson, readConfig, readTextFile } from '@latchkey/process';
import { createSecretSealer, type SecretSealer, webhookSettingsSchema } from '@latchkey/webhooks';
import { z } from 'zod';
import type { CommandContext } from './context.ts';
import { getDataFolder } from './stores.ts';

const settings = z.object(Object.fromEntries(allSecretNames.map((name) => [name, z.string().optional()])));

/** Returns the keys that the environment sets. @throws ConfigError */
export function readKeysFromEnvironment(environment: Environment): Partial<Secrets> {
  return readConfig(settings, environment);
}

/**
 * Returns the keys that the standalone would use: the keys in the settings, or else the keys in the folder's
 * `secrets.json`.
 * @throws ConfigError, or Error that names the missing keys
 */
export async function readKeysOfDataFolder(folder: string, environment: Environment): Promise<Secrets> {
  const keys = { ...(await keysIn(join(folder, 'secrets.json'))), ...readKeysFromEnvironment(environment) };
  const missing = requiredSecretNames.filter((name) => keys[name] === undefined);
  if (missing.length > 0) throw new Error(`${missing.join(', ')}: neither set nor in ${folder}/secrets.json`);
  return keys as Secrets;
}

/**
 * Returns the secret that the standalone would use: from the settings, or else from the folder's
 * `secrets.json`. Undefined if the secret is missing.
 * @throws ConfigError
 */
export async function readSecretOfDataFolder(
  name: keyof Secrets,
  folder: string,
  environment: Environment,
): Promise<string | undefined> {
  const given = readKeysFromEnvironment(environment)[name];
  return given ?? (await keysIn(join(folder, 'secrets.json')))[name];
}

/**
 * Creates a sealer that encrypts and decrypts the secrets of webhooks.
 * @param key the value of WEBHOOK_SECRET_KEY. If it is undefined, the sealer throws when it is asked to
 * encrypt
 * @throws ConfigError
 */
export function createWebhookSecretSealerFromKey(key: string | undefined): SecretSealer {
  const { WEBHOOK_SECRET_KEY } = readConfig(webhookSettingsSchema, { WEBHOOK_SECRET_KEY: key });
  return createSecretSealer(WEBHOOK_SECRET_KEY);
}

/**
 * Creates a sealer for the secrets of webhooks, with the WEBHOOK_SECRET_KEY of the settings or the data folder.
 * Without this key, the sealer refuses to encrypt.
 * @throws ConfigError
 */
export async function createWebhookSecretSealerFromSettings({
  environment,
}: Pick<CommandContext, 'environment'>): Promise<SecretSealer> {
  return createWebhookSecretSealerFromKey(
    await readSecretOfDataFolder('WEBHOOK_SECRET_KEY', getDataFolder(environment), environment),
  );
}

/**
 * Returns EVENT_SIGNING_KEYS from the settings, or else from the folder's `secrets.json`.
 * @throws ConfigError, or Error if the keys are missing
 */
export async function readEventSigningKeys(folder: string, environment: Environment): Promise<string> {
  const keys = await givenEventKeys(folder, environment);
  if (keys !== undefined) return keys;
  throw new Error(
    `EVENT_SIGNING_KEYS: neither set nor in ${folder}/secrets.json (a start of this release adds it to a data folder; for a cluster, ops secrets does)`,
  );
}

async function givenEventKeys(folder: string, environment: Environment): Promise<string | undefined> {
  const given = readConfig(settings.pick({ EVENT_SIGNING_KEYS: true }), environment);
  return { ...(await keysIn(join(folder, 'secrets.json'))), ...given }.EVENT_SIGNING_KEYS;
}

/**
 * Returns the keys with which auth signs events.
 * @throws ConfigError, or Error with a one-line message if neither the settings nor the data folder contain them
 */
export async function readEventKeysFromSettings({
  environment,
}: Pick<CommandContext, 'environment'>): Promise<EventKeys> {
  return parseEventKeySetting(await readEventSigningKeys(getDataFolder(environment), environment));
}

/**
 * Returns the public keys that verify event signatures: the keys of EVENT_SIGNING_KEYS, or else the keys that
 * auth publishes at JWKS_URL. Undefined if neither setting is set.
 * @throws ConfigError, or Error with a one-line message if the keys cannot be read
 */
export async function readPublicEventKeys({
  environment,
}: Pick<CommandContext, 'environment'>): Promise<ReadonlyMap<string, KeyObject> | undefined> {
  const own = await givenEventKeys(getDataFolder(environment), environment);
  // Read the keys with `parseEventKeySetting`, because this function assigns ids to keys that were written
  // without an id.
  if (own !== undefined) return eventKeysIn({ keys: parseEventKeySetting(own).published });
  const { JWKS_URL: url } = readConfig(z.object({ JWKS_URL: z.url().optional() }), environment);
  return url === undefined ? undefined : parseKeys(await fetchText(url), url);
}

const FETCH_WITHIN_MS = 3000;

/** Downloads the text at a URL. @throws Error with a one-line message if the download fails */
async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
    if (response.ok) return await response.text();
  } catch {
    throw new Error(`JWKS_URL: ${url} cannot be reached`);
  }
  throw new Error(`JWKS_URL: ${url} has no keys`);
}

function parseKeys(jwks: string, name: string): ReadonlyMap<string, KeyObject> {
  try {
    return eventKeysIn(parseJson(jwks));
  } catch {
    throw new Error(`${name}: must be a JWKS: {"keys": [{"kty": "OKP", "crv": "Ed25519", …}]}`);
  }
}

async function keysIn(path: string): Promise<Partial<Secrets>> {
  const text = await readTextFile(path);
  if (text === undefined) return {};
  const keys = parseSecrets(text);
  if (keys === undefined) throw new Error(`${path} does not contain Latchkey's secrets`);
  return keys;
}

/** Formats one assignment per line, quoted so that shells, Compose, systemd and Node all read the same value. */
function asEnv(keys: Secrets): string {
  return Object.entries(keys)
    .map(([name, text]) => `${name}='${text}'\n`)
    .join('');
}

/**
 * Asserts that a file does not exist, or contains only the given keys, so that the keys can be written to it.
 * @throws Error if the file contains anything else
 */
export async function assertFileContainsOnlyKeys(path: string, keys: Secrets): Promise<void> {
  const text = await readTextFile(path);
  if (text === undefined) return;
  const found = parseEnv(text);
  const same = Object.entries(keys).every(([name, text]) => found[name] === text);
  if (!same || Object.keys(found).length !== Object.keys(keys).length)
    throw new Error(
      `${path} exists and contains something else: move it away, or choose another with --env-file`,
    );
}

/**
 * Writes the keys to a file with mode 0600, unless the file already contains them.
 * @throws the errors of assertFileContainsOnlyKeys
 */
export async function writeKeysToEnvFile(path: string, keys: Secrets): Promise<void> {
  if (!(await createTextFile(path, asEnv(keys)))) await assertFileContainsOnlyKeys(path, keys);
}
