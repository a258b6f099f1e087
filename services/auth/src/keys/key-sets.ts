/** Lists, adds, promotes and removes the keys in the stored secrets, for `ops keys`. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  computeKeyPairFingerprint,
  computeSecretFingerprint,
  parseJson,
  parseSecretKey,
} from '@latchkey/process';
import { z } from 'zod';
import { generateKey, type KeyKind } from './generate-key.ts';
import { computeThumbprint, type SigningAlgorithm } from './keys.ts';
import type { StoredSecrets } from './stored-secrets.ts';

export { type KeyKind, keyKinds } from './generate-key.ts';
export { type SigningAlgorithm, signingAlgorithms } from './keys.ts';

/** The name of the setting that contains the keys of each kind. */
export const keySettingNames = {
  signing: 'SIGNING_KEYS',
  events: 'EVENT_SIGNING_KEYS',
  sealing: 'SEALING_PRIVATE_KEYS',
  refresh: 'REFRESH_KEY',
  salt: 'PASSWORD_SALT_KEY',
  webhooks: 'WEBHOOK_SECRET_KEY',
  bounces: 'MAIL_BOUNCE_KEY',
  audit: 'AUDIT_IP_KEY',
  dkim: 'MAIL_DKIM_PRIVATE_KEY',
} as const satisfies Readonly<Record<KeyKind, keyof StoredSecrets>>;

/** The id under which a symmetric key without an id is listed. */
export const UNNAMED_KEY_ID = 'first';

/** A key as `ops keys` lists it; contains no secret. */
export interface ListedKey {
  readonly id: string;
  /**
   * The id under which a service's store has recorded the key. `ops keys` looks the key up in the store by
   * this id. Equal to `id` if no store records keys of this kind.
   */
  readonly remembered: string;
  /**
   * Whether the private or secret part of the key is present. With only the public part, the key can verify
   * signatures but not create them.
   */
  readonly isPrivate: boolean;
  /** The algorithm of the key as JOSE names it; undefined for kinds of keys that JOSE has no name for. */
  readonly algorithm?: string;
}

/** The new values of changed secrets, by the name of the setting. */
export type SecretChanges = Partial<StoredSecrets>;

const key = z.looseObject({
  kty: z.string(),
  kid: z.string().exactOptional(),
  crv: z.string().exactOptional(),
  x: z.string().exactOptional(),
  y: z.string().exactOptional(),
  n: z.string().exactOptional(),
  e: z.string().exactOptional(),
  d: z.string().exactOptional(),
  k: z.string().exactOptional(),
});
const keySet = z.object({ keys: z.array(key).min(1) });
type Key = z.infer<typeof key>;

/**
 * Returns the keys of a kind from the stored secrets, the current key first; an empty list if the setting is
 * missing.
 * @throws Error with a one-line message that names the setting
 */
export function listKeys(kind: KeyKind, secrets: StoredSecrets): readonly ListedKey[] {
  if (secrets[keySettingNames[kind]] === undefined) return [];
  return setIn(kind, secrets).map((each) => {
    const algorithm = algorithmOf(kind, each);
    return {
      id: idOf(kind, each),
      remembered: rememberedAs(kind, each),
      isPrivate: (each.d ?? each.k) !== undefined,
      ...(algorithm !== undefined && { algorithm }),
    };
  });
}

function algorithmOf(kind: KeyKind, each: Key): string | undefined {
  if (kind === 'signing') return signingAlgorithmOf(each);
  if (kind === 'events') return 'EdDSA';
  return kind === 'sealing' ? 'ECDH-ES' : undefined;
}

function signingAlgorithmOf({ kty }: Key): SigningAlgorithm {
  return kty === 'RSA' ? 'RS256' : 'ES256';
}

/**
 * Generates a key and adds it to the stored secrets.
 * @param place `current`: from their next start, the services use the key for new data. `next`: from their
 * next start, the services accept the key, but use it for new data only after `promoteKey` has made it the
 * current key
 * @param algorithm the algorithm of a key that signs access tokens. Default: the algorithm of the current key
 */
export function addKey(
  kind: KeyKind,
  secrets: StoredSecrets,
  place: 'current' | 'next',
  algorithm?: SigningAlgorithm,
): { readonly id: string; readonly changes: SecretChanges } {
  const [current, ...others] = setIn(kind, secrets);
  const made = key.parse(generateKey(kind, algorithm ?? signingAlgorithmOf(current)));
  const keys = place === 'current' ? [made, current, ...others] : [current, made, ...others];
  return { id: idOf(kind, made), changes: withSet(kind, keys) };
}

/**
 * Makes the second key of a kind the current key.
 * @throws Error with a one-line message if there is no second key
 */
export function promoteKey(
  kind: KeyKind,
  secrets: StoredSecrets,
): { readonly id: string; readonly changes: SecretChanges } {
  const [current, next, ...others] = setIn(kind, secrets);
  if (next === undefined)
    throw new Error(`${keySettingNames[kind]} has only one key: make another with --next`);
  return { id: idOf(kind, next), changes: withSet(kind, [next, current, ...others]) };
}

/**
 * Removes a key from the stored secrets. For a key that signs events, only the private part is removed,
 * because consumers still need the public part to verify the events that it signed.
 * @throws Error with a one-line message if there is no such key, or if it is the current one
 */
export function removeKey(kind: KeyKind, secrets: StoredSecrets, id: string): SecretChanges {
  const keys = setIn(kind, secrets);
  const [current] = keys;
  if (idOf(kind, current) === id) throw new Error(`${id} is in use: rotate first`);
  if (!keys.some((each) => idOf(kind, each) === id))
    throw new Error(`${keySettingNames[kind]} has no key ${id}`);
  const rest =
    kind === 'events'
      ? keys.map(({ d, ...publicPart }) =>
          idOf(kind, publicPart) === id ? publicPart : withPrivate(publicPart, d),
        )
      : keys.filter((each) => idOf(kind, each) !== id);
  return withSet(kind, rest);
}

function withPrivate(publicPart: Key, d: string | undefined): Key {
  return d === undefined ? publicPart : { ...publicPart, d };
}

/**
 * Returns the keys of a kind, the current key first.
 * @throws Error with a one-line message that names the setting, never its value
 */
function setIn(kind: KeyKind, secrets: StoredSecrets): readonly [Key, ...Key[]] {
  const setting = keySettingNames[kind];
  const text = secrets[setting] ?? '';
  const isPlain = text !== '' && !text.trimStart().startsWith('{');
  const plain = isPlain ? plainKey(kind, text) : undefined;
  const keys = plain ? [plain] : keySet.safeParse(parseJson(text)).data?.keys;
  const [first, ...others] = kind === 'sealing' ? currentFirst(keys ?? [], secrets) : (keys ?? []);
  if (first === undefined) throw new Error(`${setting}: holds no keys`);
  return [first, ...others];
}

/** Returns whether a key of a kind that has no `kid` is identified by the thumbprint of its public part. */
function hasThumbprint(kind: KeyKind): boolean {
  return kind === 'signing' || kind === 'events' || kind === 'sealing';
}

/** Returns whether keys of a kind are symmetric. */
function isSecretKey(kind: KeyKind): boolean {
  return ['refresh', 'salt', 'webhooks', 'bounces', 'audit'].includes(kind);
}

/** Parses a single key that is not in a JWKS: a symmetric key in base64url, or a DKIM key in PEM. */
function plainKey(kind: KeyKind, text: string): Key | undefined {
  if (isSecretKey(kind)) return { kty: 'oct', k: text };
  if (kind !== 'dkim') return undefined;
  try {
    // Some secret managers store the key on one line, with `\n` for each line break.
    return key.parse(createPrivateKey(text.replaceAll('\\n', '\n')).export({ format: 'jwk' }));
  } catch {
    throw new Error(`${keySettingNames[kind]}: must be a private key in PEM, or a JWKS`);
  }
}

function textOfPlain(each: Key): string {
  if (each.kty === 'oct') return String(each.k);
  return privateKeyOf(each).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function privateKeyOf(each: Key): KeyObject {
  return createPrivateKey({ key: each, format: 'jwk' });
}

/**
 * Moves the current key, which is the key that matches SEALING_PUBLIC_KEY, to the front. The setting may list
 * the keys in any order, because the notifier accepts all of them.
 */
function currentFirst(keys: readonly Key[], { SEALING_PUBLIC_KEY }: StoredSecrets): readonly Key[] {
  const { x } = key.safeParse(parseJson(SEALING_PUBLIC_KEY)).data ?? {};
  return keys.toSorted((one, other) => Number(other.x === x) - Number(one.x === x));
}

function withSet(kind: KeyKind, keys: readonly Key[]): SecretChanges {
  const [current] = keys;
  const isPlain = keys.length === 1 && current?.kid === undefined && !hasThumbprint(kind);
  const text = current && isPlain ? textOfPlain(current) : JSON.stringify({ keys });
  return {
    [keySettingNames[kind]]: text,
    ...(kind === 'sealing' && current && { SEALING_PUBLIC_KEY: publicPartOf(current) }),
  };
}

function publicPartOf({ d: _, ...publicPart }: Key): string {
  return JSON.stringify(publicPart);
}

function idOf(kind: KeyKind, each: Key): string {
  return each.kid ?? (hasThumbprint(kind) ? thumbprintOf(each) : UNNAMED_KEY_ID);
}

/** Returns the id under which a service's store records a key. */
function rememberedAs(kind: KeyKind, each: Key): string {
  // SEALING_PUBLIC_KEY does not contain the `kid` of the sealing key, so auth's store records the key's
  // thumbprint instead.
  if (kind === 'sealing') return thumbprintOf(each);
  if (kind === 'dkim') return computeKeyPairFingerprint(privateKeyOf(each));
  if (!isSecretKey(kind)) return idOf(kind, each);
  return computeSecretFingerprint(keySettingNames[kind], parseSecretKey(each.k ?? ''));
}

/** Returns a DKIM key in PEM. @throws Error with a one-line message if there is no such key */
export function getDkimKeyPem(secrets: StoredSecrets, id: string): string {
  const found = setIn('dkim', secrets).find((each) => idOf('dkim', each) === id);
  if (found === undefined) throw new Error(`${keySettingNames.dkim} has no key ${id}`);
  return textOfPlain(found);
}

function thumbprintOf({ kty, crv, x, y, n, e }: Key): string {
  return computeThumbprint({
    kty,
    ...(crv !== undefined && { crv }),
    ...(x !== undefined && { x }),
    ...(y !== undefined && { y }),
    ...(n !== undefined && { n }),
    ...(e !== undefined && { e }),
  });
}
