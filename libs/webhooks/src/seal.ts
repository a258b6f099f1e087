/** Encrypts the stored secrets of endpoints with the keys of WEBHOOK_SECRET_KEY. */
import { hkdfSync } from 'node:crypto';
import type { SecretKey, SecretKeys } from '@latchkey/process';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { EndpointRefusedError } from './endpoint-refused.ts';

/**
 * Encrypts and decrypts the secrets of endpoints. An encrypted secret contains the id of its endpoint, so
 * that it cannot be used as the secret of another endpoint.
 */
export interface SecretSealer {
  /** Whether WEBHOOK_SECRET_KEY is set. If it is not set, `seal` and `open` throw. */
  readonly hasKey: boolean;
  /**
   * Encrypts a secret with the current key.
   * @returns a compact JWE (dir, A256GCM)
   * @throws EndpointRefusedError if there is no key
   */
  seal(endpoint: string, secret: string): Promise<string>;
  /** Decrypts a secret. @throws Error with a one-line message if none of the keys decrypts the secret */
  open(endpoint: string, sealed: string): Promise<string>;
  /** Returns whether a secret is encrypted with the current key. */
  isCurrent(sealed: string): boolean;
}

const ALGORITHMS = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
const KEY_BYTES = 32;

const content = z.object({ endpoint: z.string(), secret: z.string() });

/**
 * Creates a sealer. @param keys the keys in WEBHOOK_SECRET_KEY, newest first; undefined if the setting is
 * missing
 */
export function createSecretSealer(keys: SecretKeys | undefined): SecretSealer {
  const [current] = keys ?? [];
  const derived = new Map((keys ?? []).map((key) => [key.kid, derive(key)]));

  return {
    hasKey: current !== undefined,

    async seal(endpoint, secret) {
      if (current === undefined)
        throw new EndpointRefusedError(
          'key',
          'Secrets cannot be sealed, because WEBHOOK_SECRET_KEY is not set.',
        );
      const header = { alg: 'dir', enc: 'A256GCM', ...(current.kid !== undefined && { kid: current.kid }) };
      return new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ endpoint, secret })))
        .setProtectedHeader(header)
        .encrypt(derive(current));
    },

    async open(endpoint, sealed) {
      const key = derived.get(getSealingKeyId(sealed));
      const opened = key && (await decrypt(sealed, key));
      if (opened?.endpoint === endpoint) return opened.secret;
      throw new Error(`WEBHOOK_SECRET_KEY: none of its keys opens the secret of webhook ${endpoint}`);
    },

    isCurrent: (sealed) =>
      current !== undefined && isSealedSecret(sealed) && getSealingKeyId(sealed) === current.kid,
  };
}

/**
 * Returns whether a stored secret is encrypted. Secrets in plain text begin with `whsec_`, but encrypted
 * secrets do not.
 */
export function isSealedSecret(stored: string): boolean {
  return !stored.startsWith('whsec_');
}

/** Returns the id of the key that encrypted a secret; undefined if the key has no id. */
export function getSealingKeyId(sealed: string): string | undefined {
  try {
    return decodeProtectedHeader(sealed).kid;
  } catch {
    return undefined;
  }
}

/**
 * Derives the AES key from a configured key. The configured key is not used directly, because it may have a
 * different length, and may be used for other purposes.
 */
function derive({ bytes }: SecretKey): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', bytes, '', 'latchkey secrets of webhooks', KEY_BYTES));
}

async function decrypt(sealed: string, key: Uint8Array): Promise<z.infer<typeof content> | undefined> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key, ALGORITHMS);
    return content.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch {
    return undefined;
  }
}
