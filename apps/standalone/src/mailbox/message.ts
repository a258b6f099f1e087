/**
 * The format of mails. The field names are those of Mailpit's API, so that the same tests can read mails from
 * this mailbox and from Mailpit.
 */
import PostalMime, { type Address, type Email } from 'postal-mime';
import { z } from 'zod';

const address = z.object({ Name: z.string(), Address: z.string() });
type MailAddress = z.infer<typeof address>;

const attachment = z.object({
  PartID: z.string(),
  FileName: z.string(),
  ContentType: z.string(),
  ContentID: z.string(),
  Size: z.number(),
});

const common = {
  ID: z.string(),
  MessageID: z.string(),
  From: address.nullable(),
  To: z.array(address),
  Cc: z.array(address),
  Bcc: z.array(address),
  ReplyTo: z.array(address),
  Subject: z.string(),
  Tags: z.array(z.string()),
  Username: z.string(),
  Size: z.number(),
  /**
   * The `X-Correlation-Id` header, which contains the id of the request that caused the mail. Mailpit has no such
   * field.
   */
  CorrelationID: z.string().optional(),
};

export const mailMessageSummarySchema = z.object({
  ...common,
  Read: z.boolean(),
  Created: z.iso.datetime(),
  Attachments: z.number(),
  Snippet: z.string(),
});
export type MailMessageSummary = z.infer<typeof mailMessageSummarySchema>;

export const mailMessageSchema = z.object({
  ...common,
  ReturnPath: z.string(),
  Date: z.iso.datetime(),
  HTML: z.string(),
  Text: z.string(),
  Inline: z.array(attachment),
  Attachments: z.array(attachment),
});
export type MailMessage = z.infer<typeof mailMessageSchema>;

/** Maps the name of each header, spelled as in the mail, to its values in order. */
export const mailMessageHeadersSchema = z.record(z.string(), z.array(z.string()));
export type MailMessageHeaders = z.infer<typeof mailMessageHeadersSchema>;

/**
 * The SMTP envelope: the addresses in MAIL FROM and RCPT TO, which may differ from the addresses in the
 * mail's headers.
 */
export interface MailEnvelope {
  readonly from: string;
  readonly to: readonly string[];
}

/** What is stored about a received mail in addition to its content. */
export interface MailMetadata {
  readonly id: string;
  readonly receivedAt: Date;
  readonly envelope: MailEnvelope;
}

const SNIPPET_LENGTH = 250;

function flatten(list: readonly (Address | undefined)[] = []): MailAddress[] {
  return list
    .flatMap((entry) => entry?.group ?? (entry ? [entry] : []))
    .map(({ name, address: at }) => ({ Name: name, Address: at ?? '' }));
}

/** Returns the recipients in the SMTP envelope that are in none of the mail's headers. */
function blindCopies(envelope: MailEnvelope, named: readonly MailAddress[]): MailAddress[] {
  const seen = new Set(named.map((entry) => entry.Address.toLowerCase()));
  return envelope.to.filter((to) => !seen.has(to.toLowerCase())).map((to) => ({ Name: '', Address: to }));
}

function correlationId(email: Email): string | undefined {
  return email.headers.find(({ key }) => key === 'x-correlation-id')?.value;
}

function commonFields(email: Email, raw: Uint8Array, { id, envelope }: MailMetadata) {
  const To = flatten(email.to);
  const Cc = flatten(email.cc);
  const CorrelationID = correlationId(email);
  return {
    ID: id,
    MessageID: (email.messageId ?? '').replace(/^<|>$/g, ''),
    From: flatten([email.from])[0] ?? null,
    To,
    Cc,
    Bcc: blindCopies(envelope, [...To, ...Cc]),
    ReplyTo: flatten(email.replyTo),
    Subject: email.subject ?? '',
    Tags: [],
    Username: '',
    Size: raw.byteLength,
    ...(CorrelationID === undefined ? {} : { CorrelationID }),
  };
}

function attachments(email: Email) {
  return email.attachments.map((part, index) => ({
    inline: part.disposition === 'inline' || part.related === true,
    shown: {
      PartID: String(index + 1),
      FileName: part.filename ?? '',
      ContentType: part.mimeType,
      ContentID: (part.contentId ?? '').replace(/^<|>$/g, ''),
      Size: typeof part.content === 'string' ? part.content.length : part.content.byteLength,
    },
  }));
}

function sentAt(email: Email, receivedAt: Date): string {
  const parsed = new Date(email.date ?? Number.NaN);
  return (Number.isNaN(parsed.getTime()) ? receivedAt : parsed).toISOString();
}

function parse(raw: Uint8Array): Promise<Email> {
  return PostalMime.parse(raw);
}

/**
 * Parses a received mail.
 * @returns the summary for lists, and the plain text in which searches look for words
 */
export async function summarizeMail(
  raw: Uint8Array,
  arrival: MailMetadata,
): Promise<{ summary: Omit<MailMessageSummary, 'Read'>; text: string }> {
  const email = await parse(raw);
  const text = (email.text ?? '').replace(/\s+/g, ' ').trim();
  return {
    text,
    summary: {
      ...commonFields(email, raw, arrival),
      Created: arrival.receivedAt.toISOString(),
      Attachments: attachments(email).filter((part) => !part.inline).length,
      Snippet: text.slice(0, SNIPPET_LENGTH),
    },
  };
}

export async function parseMailMessage(raw: Uint8Array, arrival: MailMetadata): Promise<MailMessage> {
  const email = await parse(raw);
  const parts = attachments(email);
  return {
    ...commonFields(email, raw, arrival),
    ReturnPath: arrival.envelope.from,
    Date: sentAt(email, arrival.receivedAt),
    HTML: email.html ?? '',
    Text: email.text ?? '',
    Inline: parts.filter((part) => part.inline).map((part) => part.shown),
    Attachments: parts.filter((part) => !part.inline).map((part) => part.shown),
  };
}

export async function parseMailHeaders(raw: Uint8Array): Promise<MailMessageHeaders> {
  const headers: Record<string, string[]> = {};
  for (const { originalKey, value } of (await parse(raw)).headers) {
    headers[originalKey] ??= [];
    headers[originalKey].push(value);
  }
  return headers;
}
