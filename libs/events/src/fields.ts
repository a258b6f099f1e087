/** The types of fields that several events share. */
import { z } from 'zod';

/** An RFC 3339 instant in UTC, as `Date.prototype.toISOString` writes it. */
export const instant = z.iso.datetime();

/** The id of an account or a mailing. */
export const id = z.uuid();

export const role = z.enum(['user', 'admin']);
export type Role = z.infer<typeof role>;

/** A BCP 47 language tag. */
export const locale = z.string().min(2).max(35);

/** A one-time token that only the notifier can decrypt, and the instant at which it expires. */
export const sealedToken = z.object({ sealed: z.string().min(1), expiresAt: instant });
export type SealedToken = z.infer<typeof sealedToken>;

export const linkPurpose = z.enum(['verification', 'reset']);
export type LinkPurpose = z.infer<typeof linkPurpose>;

/**
 * The plaintext of a sealed link. It is encrypted as a compact JWE (ECDH-ES over X25519, A256GCM; `kid` is the
 * key's RFC 7638 thumbprint). The notifier mails only `to`, and rejects content that does not match the event
 * that carries it.
 */
export const sealedContent = z.object({
  token: z.string().length(64),
  to: z.string(),
  purpose: linkPurpose,
  userId: id,
  expiresAt: instant,
});
export type SealedContent = z.infer<typeof sealedContent>;

/** Personal data: marked as such in the JSON Schema, and `null` once erased. */
export function person<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object(shape)
    .nullable()
    .meta({ 'x-personal': true, description: 'Personal data; null once erased.' });
}

/** The person to whom a mail about the event goes. */
export const recipient = person({ email: z.string(), username: z.string() });
