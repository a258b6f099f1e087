/** Schemas of fields that several events have. */
import { z } from 'zod';

/** An RFC 3339 instant in UTC, as `Date.prototype.toISOString` writes it. */
export const instant = z.iso.datetime();

/** The id of an account, a mailing, a delivery or an event. */
export const id = z.uuid();

/** The role of an account, as a schema. */
export const role = z.enum(['user', 'admin']);
/** The role of an account. */
export type Role = z.infer<typeof role>;

/** The language of a person, as a BCP 47 language tag. */
export const locale = z
  .string()
  .min(2)
  .max(35)
  .regex(/^[A-Za-z0-9-]+$/);

/** The public name of an account, as a schema. */
export const username = z.string().regex(/^[A-Za-z0-9_-]{3,32}$/);

/**
 * A first or last name on one line: 1 to 64 characters without a space at the beginning or the end, and
 * without control characters, lone surrogates and direction overrides (Unicode TR 36, 2).
 */
export const personName = z
  .string()
  .regex(
    /^[^\s\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069](?:[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]{0,62}[^\s\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069])?$/u,
  );

/** An email address in the form that is used to send mails: ASCII, with its domain in Punycode. */
export const email = z
  .string()
  .max(254)
  .regex(/^[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}$/);

/** The reason that an admin gave for an action: plain, well-formed Unicode text. */
export const reason = z
  .string()
  .max(500)
  .regex(/^\P{Cs}*$/u);

/** Who has performed an action: the id of an account, or `ops` for the command line. */
export const actor = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w-]+$/);

/** A one-time token that only the notifier can decrypt, and the instant at which it expires. */
export const sealedToken = z.object({ sealed: z.string().min(1), expiresAt: instant });
/** The type of `sealedToken`: a one-time token that only the notifier can decrypt, and its expiry time. */
export type SealedToken = z.infer<typeof sealedToken>;

/** The kinds of links in mails, as a schema. */
export const linkPurpose = z.enum(['verification', 'reset', 'erasure', 'email-change', 'email-undo']);
/** The kind of a link in a mail. */
export type LinkPurpose = z.infer<typeof linkPurpose>;

/**
 * The plaintext of a sealed link, which contains a one-time token. It is encrypted as a compact JWE (ECDH-ES
 * over X25519, A256GCM; `kid` is the key's RFC 7638 thumbprint). The notifier sends the mail only to `to`,
 * and rejects a link whose plaintext does not match the event that contains it.
 */
export const sealedContent = z.object({
  token: z.string().length(64),
  to: z.string(),
  purpose: linkPurpose,
  userId: id,
  expiresAt: instant,
});
/** The plaintext of a sealed link, as `sealedContent` describes it. */
export type SealedContent = z.infer<typeof sealedContent>;

/**
 * Declares a field with personal data. It is marked as personal in the JSON Schema, and is `null` once the
 * data was erased.
 */
export function personalDataField<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object(shape)
    .nullable()
    .meta({ 'x-personal': true, description: 'Personal data; null once erased.' });
}

/** The recipient of a mail about the event. */
export const mailRecipient = personalDataField({ email, username });

/**
 * The data of a report about a mail that was sent: which mail, the event that caused it, and the recipient.
 */
export const mailReportFields = {
  deliveryId: id,
  mail: z.string().min(1).max(100),
  cause: z
    .object({ subject: id, eventId: id })
    .describe('The event that called for the mail, and the account or mailing that it is about.'),
  person: personalDataField({
    recipient: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe(
        'The fingerprint of the address: the first 32 hex digits of the SHA-256 of the address in lower case.',
      ),
  }),
};
