/** A mail in the form in which it is sent: its envelope (RFC 5321) and its content (RFC 5322). */
import MailComposer from 'nodemailer/lib/mail-composer';
import { wrapLongLines } from '../mails/wrap-text.ts';
import type { OutgoingMail } from '../ports/mailer.ts';
import type { SignMail } from './dkim.smtp.ts';

/** The name and e-mail address that recipients see in the From header. */
export interface FromAddress {
  readonly name: string;
  readonly address: string;
}

/** A mail that is ready to be sent: its envelope addresses, and its content in RFC 5322 format. */
export interface ComposedMessage {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly content: Buffer;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** What every mail gets in addition to its own content: sender, signature, return path and headers. */
export interface MailEnvelopeSettings {
  readonly from: FromAddress;
  readonly sign?: SignMail;
  /** Returns the address to which bounces of a mail go. Default: the sender. */
  returnPathOf?(id: string): string;
  /** Returns headers that the provider repeats in its reports. */
  headersOf?(id: string): Readonly<Record<string, string>>;
}

/**
 * Composes a mail, and signs it if `sign` is given. Addresses are passed to nodemailer as objects, because nodemailer
 * would parse a string as a list of addresses.
 */
export async function composeMessage(
  mail: OutgoingMail,
  { from, sign, ...envelope }: MailEnvelopeSettings,
): Promise<ComposedMessage> {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const node = new MailComposer({
    from,
    to: { name: '', address: mail.to },
    subject: oneLine(mail.subject),
    html: mail.html,
    text: wrapLongLines(mail.text),
    messageId: `<${mail.id}@${domain}>`,
    date: mail.date,
    // The encoding is fixed. Otherwise nodemailer would scan every mail to find the shorter encoding.
    textEncoding: 'quoted-printable',
    headers: {
      'Auto-Submitted': 'auto-generated',
      'Content-Language': mail.locale,
      'X-Correlation-Id': oneLine(mail.correlationId),
      ...envelope.headersOf?.(mail.id),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const { to } = node.getEnvelope();
  const content = await node.build();
  return {
    envelope: { from: envelope.returnPathOf?.(mail.id) ?? from.address, to: [to].flat() },
    content: sign === undefined ? content : await sign(content),
  };
}
