/** API keys of service clients: `latchkey_<id of the client>_<secret>`. */
import { hash, randomBytes } from 'node:crypto';

const ID_BYTES = 8;
const SECRET_BYTES = 32;

/** Generates the id of a new client. */
export function generateClientId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

/** Generates a key. The key is shown once and never stored. */
export function generateClientKey(clientId: string): string {
  return `latchkey_${clientId}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** Returns the id of the client to which a key claims to belong; undefined if the string does not look like a key. */
export function clientIdOfKey(clientKey: string): string | undefined {
  return /^latchkey_([\da-f]{16})_[\w-]{43}$/.exec(clientKey)?.[1];
}

export function hashClientKey(key: string): string {
  return hash('sha256', key, 'base64url');
}

/**
 * Returns the key of an Authorization header: `Bearer <key>`, or `Basic` with the client's id as the user and the key
 * as the password (RFC 6749, 2.3.1). Undefined if it contains none.
 */
export function extractClientKey(authorization: string | undefined): string | undefined {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return clientIdOfKey(credentials) && credentials;
  const [, user, key = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  const id = clientIdOfKey(key);
  return id !== undefined && id === user ? key : undefined;
}
