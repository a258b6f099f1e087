/**
 * Replies of a mail server, and the stage of the conversation at which they were sent: RFC 5321 4.2, RFC 3463
 * and RFC 2034.
 */

/**
 * The stages of a conversation with the mail server, in order. `content` begins with the first byte of the
 * mail (RFC 5321 4.1.1.4).
 */
export const smtpStages = [
  'connect',
  'tls',
  'greeting',
  'ehlo',
  'auth',
  'mail',
  'rcpt',
  'data',
  'content',
] as const;
export type SmtpStage = (typeof smtpStages)[number];

const STAGE_NAMES: Readonly<Record<SmtpStage, string>> = {
  connect: 'connecting',
  tls: 'TLS',
  greeting: 'the greeting',
  ehlo: 'EHLO',
  auth: 'AUTH',
  mail: 'MAIL FROM',
  rcpt: 'RCPT TO',
  data: 'DATA',
  content: 'the end of the mail',
};

/** Returns the display name of a stage of the SMTP conversation, for example `RCPT TO`. */
export function formatSmtpStage(stage: SmtpStage): string {
  return STAGE_NAMES[stage];
}

/**
 * Returns whether the server's reply at a stage may depend on the mail. At earlier stages, the server gives
 * the same reply to every mail.
 */
export function mayReplyBeAboutThisMail(stage: SmtpStage): boolean {
  return smtpStages.indexOf(stage) >= smtpStages.indexOf('rcpt');
}

/** A reply of a mail server (RFC 5321 4.2). */
export interface SmtpReply {
  readonly code: number;
  /** The enhanced status code (RFC 3463) if there is one, for example `5.1.1`. */
  readonly enhanced?: string;
  /** All lines of the reply, without the codes. */
  readonly text: string;
}

/** Why an attempt to send a mail failed, as operators may see it. Contains no email address. */
export interface AttemptFailureDetails {
  readonly stage: SmtpStage;
  /** The reply code of the mail server; absent if there was no reply. */
  readonly code?: number;
  readonly enhanced?: string;
  /**
   * The first line of the mail server's reply with addresses masked, or a description of the failure if there
   * was no reply.
   */
  readonly words?: string;
}

/** Matches an enhanced status code at the beginning of a reply's text (RFC 2034 4). */
const LEADING = /^([245]\.\d{1,3}\.\d{1,3})(?=\s|$)[ \t]*/;
/**
 * Matches an enhanced status code as qmail writes it, for example `sorry, no mailbox here by that name
 * (#5.1.1)`.
 */
const TRAILING = /\(?#([245]\.\d{1,3}\.\d{1,3})\)?/;

/** Parses a reply of one or more lines. @returns undefined if the text is not a reply */
export function parseSmtpReply(raw: string): SmtpReply | undefined {
  const lines = raw.split(/\r?\n/);
  const code = /^(\d{3})(?:[ -]|$)/.exec(lines[0] ?? '')?.[1];
  if (code === undefined) return undefined;
  const texts = lines.map((line) => line.replace(/^\d{3}[ -]?/, ''));
  const enhanced = LEADING.exec(texts[0] ?? '')?.[1] ?? TRAILING.exec(texts.join(' '))?.[1];
  const text = texts.map((line) => line.replace(LEADING, '')).join('\n');
  return { code: Number(code), ...(enhanced && { enhanced }), text };
}

const LONGEST_WORDS = 200;
const MASK = '…';
/**
 * Matches an email address: the text around an @, also quoted or in brackets. The @ may be encoded as in
 * return paths (`a=40b.c`), and the part before it may contain apostrophes (`o'brien@example.com`, RFC 5322
 * 3.2.3).
 */
const ADDRESS = /(?:"[^"]*"|[^\s<>()[\]:;,"]+)(?:@|=40|%40)[^\s<>():;,"']*/gi;
const SHORTEST_NAME = 3;

/** Removes all email addresses from a text. */
export function removeEmailAddresses(text: string): string {
  return text.replace(ADDRESS, MASK);
}

/** Which email addresses to mask in a text. By default, all are masked. */
export interface AddressMaskingOptions {
  /** The email address of the recipient. The part before its @ is also masked where it occurs alone. */
  readonly recipient?: string | undefined;
  /** An email address to leave unmasked. */
  readonly shown?: string;
}

/**
 * Returns the first non-empty line of a string, without control characters, with email addresses masked, and
 * shortened to 200 characters.
 */
export function formatMaskedFirstLine(
  text: string,
  { recipient, shown }: AddressMaskingOptions = {},
): string {
  const line = text.split(/\r?\n/).find((each) => each.trim() !== '') ?? '';
  const plain = line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  const masked = withoutName(
    plain.replace(ADDRESS, (address) => (address === shown ? address : MASK)),
    recipient,
  )
    .replace(/\s+/g, ' ')
    .trim();
  return masked.length > LONGEST_WORDS ? `${masked.slice(0, LONGEST_WORDS - 1)}…` : masked;
}

/**
 * Masks the part of the recipient's address before the @ in a text, because servers also write this part
 * alone, as in `User ada unknown`.
 */
function withoutName(text: string, recipient: string | undefined): string {
  const name = recipient?.slice(0, recipient.lastIndexOf('@')) ?? '';
  if (name.length < SHORTEST_NAME) return text;
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return text.replace(new RegExp(String.raw`(?<![\p{L}\p{N}])${pattern}(?![\p{L}\p{N}])`, 'giu'), MASK);
}

/** Formats why an attempt to send a mail failed, for example `at RCPT TO: 554 5.7.1 Relay access denied`. */
export function formatAttemptFailure({ stage, ...said }: AttemptFailureDetails): string {
  const words = formatReply(said);
  return words === '' ? `at ${formatSmtpStage(stage)}` : `at ${formatSmtpStage(stage)}: ${words}`;
}

/**
 * Formats the mail server's reply, for example `554 5.7.1 Relay access denied`, or the description of a
 * failure without a reply.
 */
export function formatReply({ code, enhanced, words }: Omit<AttemptFailureDetails, 'stage'>): string {
  return [code, enhanced, words].filter((part) => part !== undefined && part !== '').join(' ');
}
