/** API keys of service clients: `latchkey_<id of the client>_<secret>`. */
import { hash, randomBytes } from 'node:crypto';

const ID_BYTES = 8;
const SECRET_BYTES = 32;

/** Generates the id of a new service client. */
export function generateClientId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

/** Generates an API key for a service client. The caller shows the key once; only its hash is stored. */
export function generateClientKey(clientId: string): string {
  return `latchkey_${clientId}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/**
 * Returns the client id in a key; undefined if the string does not have the form of a key. Does not check
 * whether the key is valid.
 */
export function clientIdOfKey(clientKey: string): string | undefined {
  return /^latchkey_([\da-f]{16})_[\w-]{43}$/.exec(clientKey)?.[1];
}

export function hashClientKey(key: string): string {
  return hash('sha256', key, 'base64url');
}

/**
 * Returns the key in an Authorization header: `Bearer <key>`, or `Basic` with the client's id as the user and
 * the key as the password (RFC 6749, 2.3.1). Undefined if the header contains no key.
 */
export function extractClientKey(authorization: string | undefined): string | undefined {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return clientIdOfKey(credentials) && credentials;
  const [, user, key = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  const id = clientIdOfKey(key);
  return id !== undefined && id === user ? key : undefined;
}
