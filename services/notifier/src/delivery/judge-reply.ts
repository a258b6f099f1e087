/**
 * Determines what a reply of a mail server means for a mail. The first rule in `smtpReplyRules` that matches
 * decides. A reply that no rule matches never ends a delivery. A server that refuses *us* often does so only
 * at RCPT TO or after the content, with a code that is also used for an unknown recipient. A delivery is
 * therefore only ended by a code that can only be about the recipient; a 5xx that could be either is
 * `undecided`, and `sending/evidence.ts` decides it by the results of other recipients. Sources: RFC 5321
 * (SMTP), RFC 3463 (enhanced status codes) and their IANA registry
 * (https://www.iana.org/assignments/smtp-enhanced-status-codes), RFC 2034 (their position in a reply), RFC
 * 4954 (AUTH), RFC 6647 (greylisting), RFC 7504 (521 and 556), RFC 7505 (null MX). The replies of individual
 * providers are named at their rules.
 */
import {
  type AttemptFailureDetails,
  removeEmailAddresses,
  type SmtpReply,
  type SmtpStage,
  smtpStages,
} from './reply.ts';

/** What the refusal of a mail server is about. */
export type SmtpReplyMeaning =
  /** The server will never accept a mail for this recipient. Ends the delivery. */
  | 'recipient'
  /**
   * The server does not accept this mail from us, for example because of its settings, our reputation, a
   * quota, or the content.
   */
  | 'us'
  /** The server currently accepts no mail, or no more connections. */
  | 'busy'
  /** The server may accept this mail later. */
  | 'later'
  /** The reply does not say whether it is about the recipient or about us. */
  | 'undecided';

interface SmtpReplyRule {
  readonly source: string;
  /** The stages of the conversation to which the rule applies. Default: all stages. */
  readonly stages?: readonly SmtpStage[];
  /** Matches the reply code, such as `550`. */
  readonly code?: RegExp;
  /**
   * Matches the enhanced status code, such as `5.1.1`. The rule then applies only to replies that have such a
   * code.
   */
  readonly enhanced?: RegExp;
  /** Set if the rule applies only to replies without an enhanced status code. */
  readonly plain?: true;
  readonly text?: RegExp;
  readonly means: SmtpReplyMeaning;
}

const SESSION: readonly SmtpStage[] = ['connect', 'tls', 'greeting', 'ehlo', 'auth', 'mail'];

/** Matches the words with which servers say "too many connections". */
const CONNECTIONS =
  /(?:too many|maximum|concurrent|simultaneous|limit).*(?:connection|session|thread)|(?:connection|session|thread)s?\b.*(?:limit|exceed|too many)/i;

type Words = readonly (readonly [source: string, words: string])[];

/** Words about us as the sender that occur in no refusal of a recipient, and their sources. */
const ABOUT_OUR_SENDING: Words = [
  // Excludes "User unknown in relay recipient table", with which Postfix refuses a recipient.
  ['Postfix, Exim, Sendmail, Exchange', String.raw`relay(?:ing|ed)?\b(?!\W+(?:recipient|domain))`],
  ['qmail', 'rcpthosts'],
  ['Exim, Exchange, Amazon SES "not authorized to perform"', 'authenticat|not authori[sz]ed'],
  ['Exchange, SMTP2GO', String.raw`log ?in\b`],
  ['Postfix', 'client host'],
  ['DNS block lists', String.raw`blocklist|blacklist|dnsbl|\brbl\b|spamhaus|barracuda|reputation`],
  ['RFC 1912, Postfix', String.raw`reverse dns|\bptr\b|\bhelo\b|\behlo\b`],
  [
    'SMTP2GO "that IP address is not allowed to send", Brevo',
    String.raw`\bip\b.{0,40}\bnot allowed|unauthori[sz]ed`,
  ],
  ['SMTP2GO, Outlook', 'not (?:allowed|permitted) to send'],
  [
    'https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html',
    'not (?:yet )?(?:been )?verified|unverified(?! address)|failed the check in region',
  ],
  [
    'Resend, https://resend.com/docs/api-reference/errors',
    'only send testing|your own e-?mail address|verify a domain',
  ],
  [
    'Mailgun, https://github.com/mailgun/wordpress-plugin/issues/68',
    'sandbox|for test(?:ing)? purposes|authori[sz]ed recipient|free account',
  ],
  ['MailerSend', 'trial (?:account|plan)'],
  ['Postmark', 'pending approval|test mode'],
  ['RFC 7208, RFC 6376, RFC 7489', String.raw`\bspf\b|\bdkim\b|\bdmarc\b`],
  ['Postfix, Exim', 'sender|from (?:address|header|domain)|return.?path|mail from'],
  [
    'https://support.google.com/a/answer/3726730 (5.4.5), Microsoft 365 "recipient rate limit"',
    '(?:daily|hourly|weekly|monthly|sending|submission|messages?|messaging|rate|send|recipient|plan) ?(?:e?mail |rate ?)?(?:quota|limit|allowance)',
  ],
  [
    'https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html',
    'rate ?limit|rate exceeded|throttl|too many (?:messages|mails|emails|recipients)',
  ],
  ['SendGrid "Maximum credits exceeded"', '(?:out of|no|insufficient) credits?|maximum credits'],
];

/**
 * Words that usually mean that the refusal is about us, but may also be about the recipient. For example, a
 * suspended account may be our account at the provider or the account of the recipient.
 */
const PERHAPS_ABOUT_US: Words = [
  ['SMTP2GO "552 Your account has been suspended"', 'your (?:account|plan|subscription)'],
  ['SMTP2GO, SendGrid', String.raw`account\b.{0,30}\bsuspended|suspended account`],
  ['cPanel "Outgoing mail from … has been suspended"', 'outgoing (?:e?mail|messages?)'],
  [
    'Amazon SES "Sending paused for this account"',
    'sending (?:[a-z]+ ){0,3}(?:paused|disabled|suspended|stopped)',
  ],
  ['Exim', 'administrative prohibition'],
  // Excludes "Recipient address rejected: Access denied", with which Postfix refuses a recipient.
  ['Postfix, Exchange', '(?<!address rejected: )access denied|permission'],
  ['Sandboxes and test servers', String.raw`(?:allow|white|safe)[ -]?list|recipient\W+not\W+allowed`],
  ['Outlook, Yahoo, GMX', 'block(?:ed)?|banned'],
  ['SpamAssassin, Rspamd, ClamAV', 'spam|virus|malware|unsolicited'],
  ['Gmail, Yahoo', 'polic(?:y|ies)|content (?:rejected|not)|message (?:content )?rejected'],
];

function anyOf(...lists: readonly Words[]): RegExp {
  const all = lists.flat().map(([, words]) => words);
  return new RegExp(all.join('|'), 'i');
}

/** Matches words that show that a reply is about us, even if its code says that it is about the recipient. */
const ABOUT_US_IN_ANY_CASE = anyOf(ABOUT_OUR_SENDING);

/** Matches words that show that a reply without a clear code is about us. */
const ABOUT_US = anyOf(ABOUT_OUR_SENDING, PERHAPS_ABOUT_US);

/** Matches words with which a server says that a refusal with a permanent code is temporary. */
const TEMPORARY =
  /temporar|at a later time|try (?:again |it )?later|gr[ae]y\W?list|receiving e?mail (?:at a rate|too quickly)/i;

/**
 * Matches the words with which greylisting servers defer a mail. They defer the first attempt for each new
 * combination of client, sender and recipient.
 */
const GREYLISTING = /gr[ae]y\W?list|policy rejection\W+please try later/i;

/** The rules by which replies are judged. The first matching rule decides. */
export const smtpReplyRules: readonly SmtpReplyRule[] = [
  // With 421, the server announces that it closes the connection. It may send 421 in reply to any command.
  { source: 'RFC 5321 3.8 and 4.2.3', code: /^421$/, means: 'busy' },
  // This rule does not apply at AUTH. There, "too many" may refer to failed logins, and the server might lock
  // the account if we tried again soon.
  {
    source: 'RFC 5321 4.2.1; some servers say it with 554 or 550, as Postfix does with 421',
    stages: smtpStages.filter((stage) => stage !== 'auth'),
    code: /^[45]/,
    text: CONNECTIONS,
    means: 'busy',
  },

  // Before RCPT TO, a reply does not depend on the recipient, so it is about us or about the state of the
  // server.
  { source: 'IANA X.7.12 (RFC 4954 6)', stages: ['auth'], enhanced: /^4\.7\.12$/, means: 'us' },
  { source: 'RFC 5321 4.2.1, RFC 4954 6 (454)', stages: SESSION, code: /^4/, means: 'busy' },
  { source: 'RFC 5321 4.2.1, RFC 4954 6, RFC 7504 2', stages: SESSION, code: /^5/, means: 'us' },
  { source: 'RFC 5321 4.2.1', stages: SESSION, means: 'busy' },

  // Rules for temporary refusals at RCPT TO or later.
  { source: 'Exchange Online 432 4.3.2', code: /^432$/, means: 'busy' },
  { source: 'RFC 3463 3.4 (X.3.2)', code: /^4/, enhanced: /^4\.3\.2$/, means: 'busy' },
  {
    source: 'RFC 6647: words of Postgrey, SQLgrey, milter-greylist, Exim and policyd',
    code: /^4/,
    text: GREYLISTING,
    means: 'later',
  },
  {
    source: 'RFC 3463 3.2 (X.1.7, X.1.8), Postfix 450 4.1.8',
    code: /^4/,
    enhanced: /^4\.1\.[78]$/,
    means: 'us',
  },
  {
    source: 'Postfix ADDRESS_VERIFICATION_README: the recipient is being verified',
    code: /^4/,
    text: /unverified address|address verification/i,
    means: 'later',
  },
  {
    source: 'Gmail 450 4.2.1 "Peak SMTP relay limit exceeded for this customer"',
    code: /^4/,
    enhanced: /^4\.[12]\./,
    text: ABOUT_US_IN_ANY_CASE,
    means: 'us',
  },
  { source: 'RFC 3463 3.2, 3.3: about the recipient', code: /^4/, enhanced: /^4\.[12]\./, means: 'later' },
  { source: 'IANA X.7.17, X.7.18 (RFC 7293)', code: /^4/, enhanced: /^4\.7\.1[78]$/, means: 'later' },
  // This rule excludes X.7.0 and X.7.1, because these codes are also used for greylisting. For these codes,
  // the words of the reply decide.
  {
    source: 'RFC 7372; Gmail 4.7.23 to 4.7.32; Exchange Online 4.7.500 and higher',
    code: /^4/,
    enhanced: /^4\.7\.(?![01]$)/,
    means: 'us',
  },
  {
    source: 'Postfix 454 4.7.1 "Relay access denied"; SES 454 "Daily message quota exceeded"; SendGrid 451',
    code: /^4/,
    text: ABOUT_US,
    means: 'us',
  },
  { source: 'RFC 5321 4.2.1', code: /^4/, means: 'later' },
  { source: 'RFC 2034 4: the classes should agree', enhanced: /^4\./, means: 'later' },
  { source: 'RFC 5321 4.2.1: a code that is not defined here', code: /^[^5]/, means: 'later' },

  // Rules for 5xx replies with an enhanced status code.
  { source: 'RFC 3463 3.2 (X.1.1)', enhanced: /^5\.1\.1$/, means: 'recipient' },
  { source: 'RFC 3463 3.2 (X.1.2)', enhanced: /^5\.1\.2$/, means: 'recipient' },
  { source: 'RFC 3463 3.2 (X.1.3)', enhanced: /^5\.1\.3$/, means: 'recipient' },
  { source: 'RFC 3463 3.2 (X.1.4)', enhanced: /^5\.1\.4$/, means: 'recipient' },
  { source: 'RFC 3463 3.2 (X.1.6)', enhanced: /^5\.1\.6$/, means: 'recipient' },
  { source: 'IANA X.1.10 (RFC 7505)', enhanced: /^5\.1\.10$/, means: 'recipient' },
  { source: 'RFC 3463 3.2 (X.1.7, X.1.8)', enhanced: /^5\.1\.[78]$/, means: 'us' },
  { source: 'RFC 3463 3.3 (X.2.1)', enhanced: /^5\.2\.1$/, means: 'recipient' },
  { source: 'RFC 3463 3.3 (X.2.2): a full mailbox may be emptied', enhanced: /^5\.2\.2$/, means: 'later' },
  { source: 'RFC 3463 3.4', enhanced: /^5\.3\./, means: 'us' },
  {
    source: 'RFC 3463 3.5 (X.4.1, X.4.4); Exchange Online answers 5.4.1 for unknown recipients',
    enhanced: /^5\.4\.[14]$/,
    means: 'undecided',
  },
  { source: 'RFC 3463 3.5; Gmail 5.4.5: daily sending quota', enhanced: /^5\.4\./, means: 'us' },
  { source: 'RFC 3463 3.6', enhanced: /^5\.5\./, means: 'us' },
  { source: 'IANA X.6.7 (RFC 6531)', enhanced: /^5\.6\.7$/, means: 'recipient' },
  { source: 'RFC 3463 3.7', enhanced: /^5\.6\./, means: 'us' },
  { source: 'IANA X.7.17, X.7.18 (RFC 7293)', enhanced: /^5\.7\.1[78]$/, means: 'recipient' },
  { source: 'RFC 3463 3.8, RFC 7372', enhanced: /^5\.7\./, means: 'us' },
  // There are no rules for X.0.0, X.1.0, X.2.0 and unregistered enhanced codes, because they say no more than
  // the three-digit code. The rules below decide about such replies.

  // Rules for 5xx replies whose code is about the protocol or the session.
  { source: 'RFC 5321 4.2.2 (500 to 504, 555)', code: /^(?:50[0-4]|555)$/, means: 'us' },
  { source: 'RFC 4954 6 (530 to 538), RFC 7504 2 (521)', code: /^5[23]\d$/, means: 'us' },
  { source: 'RFC 7504 4 (556), RFC 7505 4.2', code: /^556$/, means: 'recipient' },

  // Rules for 5xx replies whose text is about us, or says that the refusal is temporary.
  { source: 'words of Postfix, Exim, Exchange, Gmail and providers', text: ABOUT_US, means: 'us' },
  { source: 'RFC 5321 4.5.3.1.10: 552 at RCPT TO is 452', code: /^552$/, plain: true, means: 'later' },
  { source: 'Exchange, IONOS "550 Failure sending mail. Try again later"', text: TEMPORARY, means: 'later' },
  { source: 'RFC 5321 4.2.3 (550, 551, 553, 554)', means: 'undecided' },
];

/**
 * Rules that overrule `smtpReplyRules` if the reply's code says that the recipient is the cause. A wrong code
 * would end the delivery, so these rules also check the reply's words.
 */
export const overridingReplyRules: readonly SmtpReplyRule[] = [
  {
    source: 'RFC 3463 3.2, 3.3, and servers that send one code with all refusals',
    text: ABOUT_US_IN_ANY_CASE,
    means: 'us',
  },
  {
    source: 'Gmail 550 5.2.1 "receiving mail at a rate that prevents additional messages"',
    text: TEMPORARY,
    means: 'later',
  },
];

/** Returns what an unsuccessful reply of a mail server means for the mail. */
export function interpretReply(stage: SmtpStage, { text, ...reply }: SmtpReply): SmtpReplyMeaning {
  // Ignore email addresses in the reply, because one may contain a word of a rule by chance
  // (`spam@example.com`).
  const said = { ...reply, text: removeEmailAddresses(text) };
  const means = smtpReplyRules.find((each) => matches(each, stage, said))?.means ?? 'undecided';
  if (means !== 'recipient') return means;
  return overridingReplyRules.find((each) => matches(each, stage, said))?.means ?? means;
}

/**
 * Returns whether a reply looks like greylisting (RFC 6647): the server defers the first attempt for each new
 * combination of client, sender and recipient. rspamd's default reply for it is `451 4.7.1 Try again later`.
 */
export function isGreylistingReply({ code, enhanced, words = '' }: AttemptFailureDetails): boolean {
  const isRspamd = code === 451 && enhanced === '4.7.1' && /^try again later\.?$/i.test(words);
  return isRspamd || GREYLISTING.test(words);
}

function matches(rule: SmtpReplyRule, stage: SmtpStage, { code, enhanced, text }: SmtpReply): boolean {
  return (
    (rule.stages === undefined || rule.stages.includes(stage)) &&
    (rule.code === undefined || rule.code.test(String(code))) &&
    (rule.enhanced === undefined || (enhanced !== undefined && rule.enhanced.test(enhanced))) &&
    (rule.plain === undefined || enhanced === undefined) &&
    (rule.text === undefined || rule.text.test(text))
  );
}
