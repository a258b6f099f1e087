/** Events for tests, as auth would publish them. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { DataOf, EventOf, EventType, LinkPurpose, SealedToken } from '@latchkey/events';
import { CompactEncrypt, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/**
 * A key pair for sealed links. Tests seal links with it, and the notifier under test decrypts them with it.
 */
export interface SealingKey {
  readonly jwk: JWK;
  /** Seals a link with the key. Tests may change any of the link's content. */
  seal(link: {
    readonly purpose: LinkPurpose;
    readonly to: string;
    readonly userId: string;
    readonly expiresAt: string;
    readonly token?: string;
  }): Promise<SealedToken>;
}

export async function createSealingKey(): Promise<SealingKey> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'X25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    jwk,
    async seal({ token = createLinkToken(), ...link }) {
      const content = Buffer.from(JSON.stringify({ token, ...link }));
      const sealed = await new CompactEncrypt(content)
        .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid })
        .encrypt(publicKey);
      return { sealed, expiresAt: link.expiresAt };
    },
  };
}

/** Returns a link token: 48 random bytes, which are 64 characters of base64url. */
export function createLinkToken(): string {
  return randomBytes(48).toString('base64url');
}

/** Fields of a test event that replace the defaults. */
export interface EventOverrides {
  readonly id?: string;
  readonly subject?: string;
  readonly sequence?: number;
  readonly time?: string;
  readonly correlationId?: string;
}

/** Returns an event of the given type. By default it is the first event of a new account or mailing. */
export function createTestEvent<T extends EventType>(
  type: T,
  data: Omit<DataOf<T>, 'userId' | 'mailingId'>,
  overrides: EventOverrides = {},
): EventOf<T> {
  const subject = overrides.subject ?? randomUUID();
  const owner = type === 'MailRequested' ? { mailingId: subject } : { userId: subject };
  return {
    id: randomUUID(),
    sequence: 1,
    time: new Date().toISOString(),
    correlationId: 'request-1',
    causationId: 'command-1',
    ...overrides,
    subject,
    type,
    data: { ...owner, ...data } as unknown as DataOf<T>,
  } as EventOf<T>;
}
