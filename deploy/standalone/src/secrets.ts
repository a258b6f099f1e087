/**
 * The secrets of a data folder: made on the first start in development, so that there is nothing to set up.
 * Whoever loses PASSWORD_SALT_KEY loses every password, so the file is on the disk before it is used.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';

const secrets = z.strictObject({
  /** A JWKS of private ES256 keys. */
  SIGNING_KEYS: z.string(),
  /** A JWKS of private X25519 keys. */
  SEALING_PRIVATE_KEYS: z.string(),
  /** A JWK. */
  SEALING_PUBLIC_KEY: z.string(),
  /** 32 bytes, base64url. */
  PASSWORD_SALT_KEY: z.string(),
  /** 32 bytes, base64url. */
  REFRESH_KEY: z.string(),
});
/** By the names of their settings, as those take them. */
export type Secrets = z.infer<typeof secrets>;

interface KeyPair {
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** Their `kid` is the key's thumbprint (RFC 7638). */
async function keyPair(algorithm: string, options: { crv?: string } = {}): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { ...options, extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { publicJwk: { ...publicJwk, kid }, privateJwk: { ...(await exportJWK(privateKey)), kid } };
}

export async function makeSecrets(): Promise<Secrets> {
  const signing = await keyPair('ES256');
  const sealing = await keyPair('ECDH-ES', { crv: 'X25519' });
  return {
    SIGNING_KEYS: JSON.stringify({ keys: [signing.privateJwk] }),
    SEALING_PRIVATE_KEYS: JSON.stringify({ keys: [sealing.privateJwk] }),
    SEALING_PUBLIC_KEY: JSON.stringify(sealing.publicJwk),
    PASSWORD_SALT_KEY: randomBytes(32).toString('base64url'),
    REFRESH_KEY: randomBytes(32).toString('base64url'),
  };
}

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
  const made = await makeSecrets();
  await writeDurably(folder, path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
