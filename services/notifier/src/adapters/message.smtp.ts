/** Composes mails: the envelope (RFC 5321) and the content (RFC 5322) of each mail. */
import MimeNode from 'nodemailer/lib/mime-node';
import { encode, wrap } from 'nodemailer/lib/qp';
import { wrapLongLines } from '../mails/wrap-text.ts';
import type { OutgoingMail } from '../ports/mailer.ts';
import type { SignMail } from './dkim.smtp.ts';

/** The name and email address that recipients see in the From header. */
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

/** What every mail has in addition to its own content: sender, signature, return path and headers. */
export interface MailEnvelopeSettings {
  readonly from: FromAddress;
  readonly sign?: SignMail;
  /** Returns the address to which bounces of a mail are sent. Default: the sender. */
  returnPathOf?(id: string): string;
  /**
   * Returns the headers of a mail by which the mail provider's reports can be matched to the mail, because
   * the provider quotes them.
   */
  headersOf?(id: string): Readonly<Record<string, string>>;
}

/**
 * Composes a mail, and signs it if `sign` is given. Addresses are passed to nodemailer as objects, because
 * nodemailer would parse a string as a list of addresses.
 */
export async function composeMessage(
  mail: OutgoingMail,
  { from, sign, ...envelope }: MailEnvelopeSettings,
): Promise<ComposedMessage> {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const node = new MimeNode('multipart/alternative').setHeader({
    'Auto-Submitted': 'auto-generated',
    'Content-Language': mail.locale,
    'X-Correlation-Id': oneLine(mail.correlationId),
    ...envelope.headersOf?.(mail.id),
    From: from,
    To: { name: '', address: mail.to },
    Subject: oneLine(mail.subject),
    'Message-ID': `<${mail.id}@${domain}>`,
    Date: mail.date,
  });
  const { to } = node.getEnvelope();
  const content = Buffer.from(contentOf(node, mail));
  return {
    envelope: { from: envelope.returnPathOf?.(mail.id) ?? from.address, to: [to].flat() },
    content: sign === undefined ? content : await sign(content),
  };
}

/**
 * Returns the headers and both parts (HTML and text) of a mail. nodemailer is not used for the body, because
 * it passes every part through several streams. That takes more CPU time than all other work for a mail.
 */
function contentOf(node: MimeNode, { html, text }: Pick<OutgoingMail, 'html' | 'text'>): string {
  // Build the headers first, because this also chooses the boundary between the parts.
  const headers = node.buildHeaders();
  const delimiter = `\r\n--${node.boundary}`;
  const parts = [part('text/plain', wrapLongLines(text)), part('text/html', html)];
  return `${headers}\r\n${parts.map((each) => `${delimiter}\r\n${each}`).join('')}${delimiter}--\r\n`;
}

/**
 * Returns one part of a mail. Its line ends are already those of SMTP, so that nodemailer need not convert
 * them when it sends the mail.
 */
function part(type: string, content: string): string {
  const lines = content.replaceAll(/\r\n?|\n/g, '\r\n');
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${wrap(encode(lines))}`;
}
