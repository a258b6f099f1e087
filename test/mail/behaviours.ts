/**
 * The replies with which mail servers accept or refuse a recipient, the source that documents each reply, and the
 * expected outcome of the mail.
 */
import type { RecipientScript } from './scripted-server.ts';

export interface RecipientBehaviour extends RecipientScript {
  readonly source: string;
  /**
   * `once`: the mail arrives once, after the scripted replies. `again`: the mail arrives twice, because the reply to
   * the first copy was lost. `failed`: the notifier stops trying to send the mail.
   */
  readonly outcome: 'once' | 'again' | 'failed';
  /**
   * The expected result of the first attempt to send the mail and, if the attempt fails, the stage at which
   * it fails.
   */
  readonly first: readonly [result: string, stage?: string];
}

const PLAIN = 'RFC 5321 4.2.3, no enhanced status code';
/** How often a scripted server repeats a refusal in order to act like a server that refuses permanently. */
const FOR_GOOD = 20;

function forGood(reply: string): readonly string[] {
  return Array.from({ length: FOR_GOOD }, () => reply);
}

/**
 * Returns the behaviour of a server that refuses a recipient at RCPT TO because of the recipient. The notifier stops
 * trying to send the mail.
 */
function recipientRefused(source: string, reply: string): RecipientBehaviour {
  return { source, rcpt: forGood(reply), outcome: 'failed', first: ['refused', 'rcpt'] };
}

/**
 * Returns the behaviour of a server that refuses a mail once, at RCPT TO, because of the sender's host or
 * account. It accepts the next attempt.
 */
function usRefused(source: string, reply: string): RecipientBehaviour {
  return { source, rcpt: [reply], outcome: 'once', first: ['rejected', 'rcpt'] };
}

/**
 * Returns the behaviour of a server that refuses the content of a mail once because of the sender, and accepts it at
 * the next attempt.
 */
function contentRefused(source: string, reply: string): RecipientBehaviour {
  return { source, content: [reply], outcome: 'once', first: ['rejected', 'content'] };
}

function deferred(source: string, reply: string): RecipientBehaviour {
  return { source, rcpt: [reply], outcome: 'once', first: ['deferred', 'rcpt'] };
}

export const recipientBehaviours: readonly RecipientBehaviour[] = [
  // Servers that accept the mail.
  { source: 'RFC 5321 4.2.3', content: ['250 OK'], outcome: 'once', first: ['accepted'] },
  { source: 'RFC 5321 4.2.3 (251)', rcpt: ['251 2.1.5 Will forward'], outcome: 'once', first: ['accepted'] },
  {
    source: 'RFC 5321 4.2.1',
    content: ['250-2.0.0 Two\n250 2.0.0 lines'],
    outcome: 'once',
    first: ['accepted'],
  },
  { source: 'RFC 5321 4.5.3.2.6', content: ['slow'], outcome: 'once', first: ['accepted'] },

  // Servers that refuse the recipient permanently.
  recipientRefused('RFC 3463 X.1.1', '550 5.1.1 User unknown'),
  recipientRefused(
    'RFC 3463 X.1.1, Gmail',
    '550-5.1.1 The email account that you tried to reach does\n550 5.1.1 not exist.',
  ),
  recipientRefused('Postfix', '550 5.1.1 User unknown in relay recipient table'),
  recipientRefused('RFC 3463 X.1.2', '550 5.1.2 No such domain'),
  recipientRefused('RFC 3463 X.1.3', '501 5.1.3 Bad address syntax'),
  recipientRefused('RFC 3463 X.1.6', '551 5.1.6 Moved'),
  recipientRefused('RFC 7505', '550 5.1.10 Recipient address has null MX'),
  recipientRefused('RFC 7504', '556 Domain does not accept mail'),
  recipientRefused('RFC 3463 X.2.1', '550 5.2.1 Mailbox disabled'),
  recipientRefused('qmail', '550 sorry, no mailbox here by that name (#5.1.1)'),
  {
    source: 'RFC 3463 X.1.1, after the content',
    content: forGood('550 5.1.1 User unknown'),
    outcome: 'failed',
    first: ['refused', 'content'],
  },

  // Refusals without a clear reason. The notifier attributes them to the recipient, because the server accepts other
  // mails.
  { source: PLAIN, rcpt: forGood('550 No such user'), outcome: 'failed', first: ['undecided', 'rcpt'] },
  {
    source: PLAIN,
    content: forGood('554 Transaction failed'),
    outcome: 'failed',
    first: ['undecided', 'content'],
  },
  { source: PLAIN, rcpt: ['550 No such user'], outcome: 'once', first: ['undecided', 'rcpt'] },
  {
    source: 'Exchange Online, directory-based edge blocking',
    rcpt: forGood('550 5.4.1 Recipient address rejected: Access denied'),
    outcome: 'failed',
    first: ['undecided', 'rcpt'],
  },
  { source: 'RFC 3463 X.0.0', rcpt: ['550 5.0.0 No'], outcome: 'once', first: ['undecided', 'rcpt'] },

  // Temporary refusals of the recipient.
  deferred('Postgrey', '450 4.7.1 Greylisted, see http://postgrey.example'),
  deferred('RFC 5321 4.2.3 (451)', '451 Local error'),
  deferred('RFC 3463 X.2.2', '452 4.2.2 Mailbox full'),
  deferred('RFC 3463 X.2.2, permanent', '552 5.2.2 Mailbox full'),
  deferred('RFC 5321 4.5.3.1.10', '552 Too much'),
  deferred('RFC 2034 4, classes that disagree', '550 4.4.7 Expired'),
  deferred('policyd', '450 4.7.1 Recipient address rejected: Policy Rejection: Please try later.'),
  deferred('milter-greylist', '451 4.7.1 Greylisting in action, please come back in 00:05:00'),
  deferred('Postfix', '450 4.1.1 Recipient address rejected: unverified address'),
  deferred('Gmail', '550 5.2.1 The user is receiving mail at a rate that prevents additional messages'),
  deferred('IONOS', '550 Failure sending mail. Try again later'),
  {
    source: 'RFC 5321 4.2.3 (451)',
    data: ['451 4.3.0 Local error'],
    outcome: 'once',
    first: ['deferred', 'data'],
  },

  // Servers that refuse the sender at RCPT TO.
  usRefused('Postfix', '554 5.7.1 Relay access denied'),
  usRefused('Exim', '550 relay not permitted'),
  usRefused('qmail', "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
  usRefused('Postfix', '554 5.7.1 Client host rejected: cannot find your hostname'),
  usRefused('Spamhaus', '554 Service unavailable; Client host blocked using zen.spamhaus.org'),
  usRefused('RFC 4954 6', '530 5.7.0 Authentication required'),
  usRefused('Exim', '550 Sender verify failed'),
  usRefused('RFC 7372 X.7.26', '550 5.7.26 Unauthenticated mail is prohibited'),
  usRefused('RFC 5321 4.2.2', '503 5.5.1 Bad sequence of commands'),
  usRefused('RFC 3463 3.6', '550 5.5.0 Requested action not taken'),
  usRefused('RFC 3463 3.4', '550 5.3.2 System not accepting messages'),
  usRefused('Mailgun', '550 5.7.1 Sandbox subdomains are for test purposes only'),
  usRefused('Mailgun', '550 Free accounts are for test purposes only'),
  usRefused('Resend', '550 You can only send testing emails to your own email address'),
  usRefused('MailerSend', '554 Trial accounts can only send emails to the administrator'),
  usRefused('SMTP2GO', '550 that IP address is not allowed to send'),
  usRefused('cPanel', '550 Outgoing mail from "example.com" has been suspended'),

  // Servers that refuse the sender, although the code of their reply blames the recipient.
  usRefused('RFC 3463 X.1.1, words of Postfix', '550 5.1.1 Recipient address rejected: Relay access denied'),
  usRefused('RFC 3463 X.1.2, words of Postfix', '550 5.1.2 Sender domain not found'),
  usRefused('RFC 3463 X.2.1, words of Gmail', '550 5.2.1 Daily user sending limit exceeded'),

  // The behaviours of mail servers that refuse the sender with a temporary reply code.
  usRefused('Postfix, smtpd_relay_restrictions', '454 4.7.1 Relay access denied'),
  usRefused('Postfix', '450 4.7.25 Client host rejected: cannot find your hostname'),
  usRefused('Postfix', '450 4.1.8 Sender address rejected: Domain not found'),
  usRefused('Exchange Online', '451 4.7.500 Server busy'),
  contentRefused('SendGrid', '451 Authentication failed: Maximum credits exceeded'),
  contentRefused('Amazon SES', '454 Throttling failure: Daily message quota exceeded'),
  contentRefused('Gmail', '450 4.7.28 Unusual rate of unsolicited mail'),

  // Servers that refuse the sender only after they have received the content of the mail.
  contentRefused(
    'Gmail',
    '550-5.4.5 Daily user sending limit exceeded. See\n550 5.4.5 https://support.google.com',
  ),
  contentRefused(
    'Amazon SES',
    '554 Message rejected: Email address is not verified. The following identities failed',
  ),
  contentRefused('Microsoft 365', '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException'),
  contentRefused('Amazon SES', '554 Sending paused for this account'),
  contentRefused('SMTP2GO', '552 Your account has been suspended. Please contact us to reactivate'),
  contentRefused('RFC 3463 X.3.4', '552 5.3.4 Message too big'),
  contentRefused('RFC 3463 X.6.0', '554 5.6.0 Malformed'),
  contentRefused('SpamAssassin', '550 This message was classified as spam'),
  contentRefused('RFC 3463 X.7.1', '550 5.7.1 Message content rejected by policy'),
  {
    source: 'RFC 5321 4.2.2',
    data: ['502 5.5.1 Not implemented'],
    outcome: 'once',
    first: ['rejected', 'data'],
  },

  // The behaviours of mail servers that are busy or close the connection.
  { source: 'RFC 5321 3.8', rcpt: ['421 4.3.2 Closing'], outcome: 'once', first: ['busy', 'rcpt'] },
  { source: 'Gmail', content: ['421 4.7.28 Rate limited'], outcome: 'once', first: ['busy', 'content'] },
  { source: 'RFC 5321 3.8', rcpt: ['drop'], outcome: 'once', first: ['deferred', 'rcpt'] },
  { source: 'RFC 5321 3.8', data: ['drop'], outcome: 'once', first: ['deferred', 'data'] },
  { source: 'RFC 5321 3.8', content: ['drop'], outcome: 'once', first: ['deferred', 'content'] },
  { source: 'RFC 5321 4.5.3.2.3', rcpt: ['stall'], outcome: 'once', first: ['deferred', 'rcpt'] },
  {
    source: 'RFC 5321 3.8, after a refusal',
    rcpt: ['450 4.2.1 Later\ndrop'],
    outcome: 'once',
    first: ['deferred', 'rcpt'],
  },
  {
    source: 'RFC 5321 3.8, after a refusal',
    rcpt: forGood('550 5.1.1 User unknown\ndrop'),
    outcome: 'failed',
    first: ['refused', 'rcpt'],
  },
  {
    source: 'RFC 5321 3.8',
    rcpt: ['450 4.2.1 Later'],
    rset: ['drop'],
    outcome: 'once',
    first: ['deferred', 'rcpt'],
  },
  {
    source: 'RFC 5321 3.8',
    rcpt: ['450 4.2.1 Later'],
    rset: ['421 4.3.2 Closing'],
    outcome: 'once',
    first: ['deferred', 'rcpt'],
  },
  {
    source: 'RFC 5321 4.5.3.2',
    rcpt: ['450 4.2.1 Later'],
    rset: ['stall'],
    outcome: 'once',
    first: ['deferred', 'rcpt'],
  },
  { source: 'RFC 1047', content: ['lost'], outcome: 'again', first: ['deferred', 'content'] },
  {
    source: 'RFC 5321 4.2.1, a code of no meaning',
    rcpt: ['350 More'],
    outcome: 'once',
    first: ['deferred', 'rcpt'],
  },
];
