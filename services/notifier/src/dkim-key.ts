/** Keys for DKIM (RFC 6376): RSA, with SHA-256 (RFC 8301). */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { InvalidKeyError, parseJson } from '@latchkey/process';
import { z } from 'zod';

/** The DKIM key that signs mails, and where its public half is published. */
export interface DkimSigningSettings {
  /** The signing domain: the sender's domain, so that DMARC accepts the signature. */
  readonly domain: string;
  /** The DKIM selector: the name of the key under `_domainkey.<domain>`. */
  readonly selector: string;
  /** The private key that signs mails, in PEM. */
  readonly privateKey: string;
}

/** The minimum length of a DKIM key, in bits: verifiers may ignore shorter keys (RFC 8301). */
const LEAST_BITS = 1024;
const BITS = 2048;

/** Returns what is wrong with a private DKIM key; undefined if it can sign mails. */
export function findDkimKeyFault(pem: string): string | undefined {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return asymmetricKeyType === 'rsa' && bits >= LEAST_BITS ? undefined : KEY_FAULT;
  } catch {
    return KEY_FAULT;
  }
}

const KEY_FAULT = `must be a private RSA key of at least ${LEAST_BITS} bits in PEM: \`ops mail dkim\` makes one`;

export const DKIM_SELECTOR_PATTERN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*$/i;

/** A private key for DKIM, as configured. */
export interface DkimKey {
  /**
   * The DKIM selector: the name of the key in DNS. Undefined if the key has no id; its selector is then the
   * value of MAIL_DKIM_SELECTOR.
   */
  readonly selector?: string;
  /** The private DKIM key, in PEM. */
  readonly privateKey: string;
}

/**
 * The configured DKIM keys. The first key signs mails. The DNS records of the other keys remain published.
 */
export type DkimKeys = readonly [DkimKey, ...DkimKey[]];

const dkimJwks = z.object({
  keys: z
    .array(
      z.looseObject({ kty: z.literal('RSA'), kid: z.string().regex(DKIM_SELECTOR_PATTERN).exactOptional() }),
    )
    .min(1),
});

/**
 * Parses the configured DKIM keys: either one private key in PEM, or a JWKS of private RSA keys, newest
 * first. In a JWKS, the ids of the keys are their selectors; one key may lack an id.
 * @throws InvalidKeyError
 */
export function parseDkimKeys(text: string): DkimKeys {
  // Some secret stores keep a key on one line, with `\n` for each line break.
  if (!text.trimStart().startsWith('{')) return [usable({ privateKey: text.replaceAll('\\n', '\n') })];
  const [first, ...others] = (dkimJwks.safeParse(parseJson(text)).data?.keys ?? []).map((jwk) =>
    usable({ privateKey: pemOf(jwk), ...(jwk.kid !== undefined && { selector: jwk.kid }) }),
  );
  if (first === undefined) throw new InvalidKeyError(KEY_FAULT);
  const keys = [first, ...others] as const;
  if (new Set(keys.map(({ selector }) => selector)).size < keys.length)
    throw new InvalidKeyError('two keys have the same kid');
  return keys;
}

function usable(key: DkimKey): DkimKey {
  const fault = findDkimKeyFault(key.privateKey);
  if (fault !== undefined) throw new InvalidKeyError(fault);
  return key;
}

function pemOf(jwk: JsonWebKey): string {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    throw new InvalidKeyError(KEY_FAULT);
  }
}

/** Generates a private DKIM key, in PEM. */
export function generateDkimKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The maximum length of a part of a TXT record, in characters (RFC 1035). */
const LONGEST_PART = 255;

/** A TXT record that the operator must publish in DNS. */
export interface DnsRecord {
  readonly name: string;
  readonly type: 'TXT';
  /** The parts of the TXT record's text. Receivers join them without a space. */
  readonly parts: readonly string[];
}

/** Returns the DNS record that publishes the public half of a DKIM key. */
export function createDkimDnsRecord({ domain, selector, privateKey }: DkimSigningSettings): DnsRecord {
  const key = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  const parts = `v=DKIM1; k=rsa; p=${key}`.match(new RegExp(`.{1,${LONGEST_PART}}`, 'g')) ?? [];
  return { name: `${selector}._domainkey.${domain}`, type: 'TXT', parts };
}
