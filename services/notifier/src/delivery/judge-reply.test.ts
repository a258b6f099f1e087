import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import {
  interpretReply,
  overridingReplyRules,
  type SmtpReplyMeaning,
  smtpReplyRules,
} from './judge-reply.ts';
import { parseSmtpReply, type SmtpStage, smtpStages } from './reply.ts';

const replies: readonly (readonly [stage: SmtpStage, reply: string, means: SmtpReplyMeaning])[] = [
  // Replies of a mail server that are about the server itself.
  ['greeting', '421 4.3.2 Too many connections', 'busy'],
  ['greeting', '554 No SMTP service here', 'us'],
  ['greeting', '521 Server does not accept mail', 'us'],
  ['greeting', '450 4.7.1 Try later', 'busy'],
  ['greeting', '250 Hello', 'busy'],
  ['ehlo', '550 5.7.1 Helo command rejected', 'us'],
  ['tls', '454 4.7.0 TLS not available', 'busy'],
  ['tls', '502 5.5.1 Not implemented', 'us'],
  ['auth', '535 5.7.8 Authentication credentials invalid', 'us'],
  ['auth', '534 5.7.9 Application-specific password required', 'us'],
  ['auth', '454 4.7.0 Temporary authentication failure', 'busy'],
  ['auth', '432 4.7.12 A password transition is needed', 'us'],
  ['mail', '550 5.1.8 Sender address rejected', 'us'],
  ['mail', '553 5.1.7 Bad sender', 'us'],
  ['mail', '530 5.7.0 Must issue a STARTTLS command first', 'us'],
  ['mail', '452 4.3.1 Insufficient system storage', 'busy'],
  ['mail', '550 5.1.1 Unknown', 'us'],

  // Replies of a mail server that are about the recipient.
  ['rcpt', '550 5.1.1 User unknown', 'recipient'],
  ['content', '550 5.1.1 User unknown', 'recipient'],
  ['rcpt', '550 5.1.2 Bad destination system', 'recipient'],
  ['rcpt', '501 5.1.3 Bad recipient address syntax', 'recipient'],
  ['rcpt', '550 5.1.10 Recipient address has null MX', 'recipient'],
  ['rcpt', '556 Domain does not accept mail', 'recipient'],
  ['rcpt', '550 5.2.1 Mailbox disabled', 'recipient'],
  ['rcpt', '550 sorry, no mailbox here by that name (#5.1.1)', 'recipient'],
  ['rcpt', '553 5.6.7 Non-ASCII addresses not permitted', 'recipient'],

  // Temporary replies of a mail server that are about the recipient.
  ['rcpt', '450 4.7.1 Greylisted', 'later'],
  ['rcpt', '451 Try again later', 'later'],
  ['rcpt', '552 5.2.2 Mailbox full', 'later'],
  ['rcpt', '552 Mailbox full', 'later'],
  ['rcpt', '550 4.4.7 Expired', 'later'],
  ['content', '452 4.2.2 Over quota', 'later'],

  // Replies of a mail server that are about the number of connections.
  ['content', '432 4.3.2 Concurrent connections limit exceeded', 'busy'],
  ['rcpt', '451 4.7.0 Too many concurrent connections from your IP', 'busy'],
  ['content', '421 4.7.28 Rate limited', 'busy'],

  // Replies about us as the sender, although the server sends them only at RCPT TO or after the content.
  ['rcpt', '554 5.7.1 Relay access denied', 'us'],
  ['rcpt', '550 5.7.26 Unauthenticated mail', 'us'],
  ['content', '550 5.4.5 Daily user sending limit exceeded', 'us'],
  ['content', '552 5.3.4 Message too big', 'us'],
  ['content', '554 5.6.0 Malformed', 'us'],
  ['rcpt', '503 5.5.1 Bad sequence', 'us'],
  ['rcpt', '550 5.5.0 Requested action not taken', 'us'],
  ['rcpt', '530 Authentication required', 'us'],
  ['rcpt', '550 relay not permitted', 'us'],
  ['rcpt', '554 Client host rejected: Access denied', 'us'],
  ['rcpt', '554 Service unavailable; blocked using zen.spamhaus.org', 'us'],
  [
    'content',
    '554 Message rejected: Email address is not verified. The following identities failed the check',
    'us',
  ],
  ['content', '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException', 'us'],
  ['rcpt', '550 Sender verify failed', 'us'],
  ['content', '550 This message was classified as spam', 'us'],
  ['data', '502 Not implemented', 'us'],

  // Replies about us as the sender, in the words of individual providers.
  ['rcpt', '550 You can only send testing emails to your own email address (me@example.com)', 'us'],
  ['rcpt', '550 To send emails to other recipients, please verify a domain at resend.com/domains', 'us'],
  ['rcpt', '550 Free accounts are for test purposes only. Please upgrade', 'us'],
  ['rcpt', '550 Add the address to authorized recipients in Account Settings', 'us'],
  ['rcpt', '550 Trial accounts can only send emails to the administrator', 'us'],
  ['rcpt', '550 Your account has been suspended', 'us'],
  ['content', '552 Your account has been suspended. Please contact us to reactivate', 'us'],
  ['rcpt', '554 Account suspended, contact support', 'us'],
  ['rcpt', '554 Your account is not active', 'us'],
  ['rcpt', '550 Outgoing mail from "example.com" has been suspended', 'us'],
  ['rcpt', '550 You have exceeded your monthly limit', 'us'],
  ['rcpt', '550 Monthly email limit reached', 'us'],
  ['rcpt', '550 Plan limit reached', 'us'],
  ['rcpt', '550 Mail rate exceeded', 'us'],
  ['content', '552 Message would take you over your relay quota of 500', 'us'],
  ['content', '554 Sending paused for this account', 'us'],
  ['content', '554 Sending has been paused', 'us'],
  ['rcpt', '550 that IP address is not allowed to send', 'us'],
  ['rcpt', '550 IP not allowed', 'us'],
  ['rcpt', '550 You are not allowed to send to this recipient', 'us'],
  ['rcpt', '571 Delivery not authorized', 'us'],
  ['content', "554 Access denied: User `me' is not authorized to perform `ses:SendRawEmail'", 'us'],
  ['rcpt', '550 Domain not verified', 'us'],
  ['rcpt', '550 Administrative prohibition', 'us'],
  ['rcpt', '550 Access denied', 'us'],
  ['rcpt', '550 Insufficient permissions', 'us'],
  ['rcpt', '550 Recipient not on allow list', 'us'],
  ['rcpt', '550 Recipient not whitelisted', 'us'],
  ['rcpt', '550 [RECIPIENT-NOT-ALLOWED]', 'us'],

  // Replies whose code is about the recipient, but whose words show that the refusal is about us as the
  // sender.
  ['rcpt', '550 5.1.1 <ada@example.com>: Recipient address rejected: Relay access denied', 'us'],
  ['rcpt', '550 5.1.1 Mail relaying denied', 'us'],
  ['rcpt', '550 5.1.2 Sender domain not found', 'us'],
  ['rcpt', '550 5.1.3 Sender syntax error', 'us'],
  ['rcpt', '550 5.1.1 Client host [192.0.2.1] listed by Spamhaus', 'us'],
  ['rcpt', '550 5.2.1 Daily sending limit exceeded', 'us'],
  ['rcpt', '550 5.1.10 Authentication required', 'us'],
  ['rcpt', '450 4.2.1 Peak SMTP relay limit exceeded for this customer', 'us'],

  // Replies about the recipient, although their text contains words that also occur in refusals of the
  // sender.
  ['rcpt', '550 5.1.1 Recipient address rejected: User unknown in relay recipient table', 'recipient'],
  ['rcpt', '550 5.1.1 <ada@example.com>: Recipient address rejected: unverified address', 'recipient'],
  ['rcpt', '550 5.1.1 <sender@example.com>: User unknown', 'recipient'],
  ['rcpt', '550 5.2.1 The account of the recipient has been suspended', 'recipient'],
  ['rcpt', '550 5.2.1 Mailbox blocked', 'recipient'],

  // Replies about the recipient that are temporary according to their words, although their 5xx code says
  // that the refusal is permanent.
  [
    'rcpt',
    '550-5.2.1 The user you are trying to contact is receiving mail at a rate that\n550 5.2.1 prevents additional messages from being delivered.',
    'later',
  ],
  ['rcpt', '550 5.2.1 Mailbox temporarily disabled', 'later'],
  ['rcpt', '550 5.1.2 Temporary failure in name resolution', 'later'],
  ['rcpt', '550 Greylisted, try later', 'later'],
  ['rcpt', '550-mailbox unavailable\n550 Failure sending mail. Try again later.', 'later'],

  // Replies that say that there are too many connections. They are temporary, although a 5xx code means a
  // permanent refusal.
  ['greeting', '554 5.7.0 Too many concurrent connections', 'busy'],
  ['greeting', '554 Maximum number of sessions exceeded', 'busy'],
  ['ehlo', '550 5.7.1 Connection limit exceeded', 'busy'],
  ['mail', '554 5.7.0 Too many concurrent SMTP connections', 'busy'],
  ['rcpt', '550 Too many connections', 'busy'],
  ['auth', '535 5.7.8 Too many failed sessions', 'us'],

  // Replies about us as the sender, although their 4xx code or their words suggest a temporary problem.
  ['content', "451 You've exceeded your messaging limits", 'us'],
  ['content', '450 You can only send testing emails to your own email address', 'us'],
  ['rcpt', '454 4.7.1 <ada@example.com>: Relay access denied', 'us'],
  ['rcpt', '450 4.7.25 Client host rejected: cannot find your hostname', 'us'],
  ['rcpt', '450 4.7.1 <mail>: Helo command rejected: Host not found', 'us'],
  ['rcpt', '450 4.1.8 <me@example.com>: Sender address rejected: Domain not found', 'us'],
  ['rcpt', '450 4.7.28 Unusual rate of mail', 'us'],
  ['content', '421 4.7.26 Unauthenticated mail', 'busy'],
  ['content', '451 4.7.26 This mail is unauthenticated', 'us'],
  ['rcpt', '451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited', 'us'],
  ['rcpt', '451 4.7.500 Server busy', 'us'],
  ['content', '451 Authentication failed: Maximum credits exceeded', 'us'],
  ['content', '454 Throttling failure: Daily message quota exceeded', 'us'],
  ['content', '454 Throttling failure: Maximum sending rate exceeded', 'us'],

  // Replies that are not about us, although their text contains words that also occur in refusals of the
  // sender.
  ['rcpt', '450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisted', 'later'],
  ['rcpt', '450 4.7.1 Recipient address rejected: Policy Rejection: Please try later.', 'later'],
  ['content', '451 4.7.1 Greylisting by spam filter', 'later'],
  ['rcpt', '450 4.1.1 <ada@example.com>: Recipient address rejected: unverified address', 'later'],
  ['rcpt', '450 <ada@example.com>: Recipient address rejected: unverified address', 'later'],
  ['rcpt', '450 4.2.1 The user you are trying to contact is receiving mail too quickly', 'later'],
  ['rcpt', '452 4.2.2 The recipient has been blocked: over quota', 'later'],
  ['rcpt', '452 User quota exceeded', 'later'],
  ['rcpt', '451 4.7.17 Mailbox owner has changed', 'later'],
  ['rcpt', '451 4.7.1 Try again later', 'later'],
  ['rcpt', '451 4.7.0 Temporary server error', 'later'],
  ['rcpt', '451 <spam@example.com>: Temporary lookup failure', 'later'],
  ['rcpt', '550 <relay@example.com>: No such user', 'undecided'],

  // Replies that may be about the recipient or about us.
  ['rcpt', '550 No such user', 'undecided'],
  ['rcpt', '550 Requested action not taken: mailbox unavailable', 'undecided'],
  ['rcpt', '554 Transaction failed', 'undecided'],
  ['rcpt', '550 Account disabled', 'undecided'],
  ['rcpt', '554 <ada@example.com>: Recipient address rejected: Access denied', 'undecided'],
  ['rcpt', '550 Unroutable address', 'undecided'],
  ['rcpt', "554 delivery error: dd This user doesn't have a yahoo.com account", 'undecided'],
  ['rcpt', '550 User quota exceeded', 'undecided'],
  ['rcpt', '550 5.0.0 Unknown', 'undecided'],
  ['rcpt', '550 5.1.0 Address rejected', 'undecided'],
  ['rcpt', '550 5.4.1 Recipient address rejected: Access denied', 'undecided'],
  ['content', '554 Rejected', 'undecided'],
];

describe('what a reply means', () => {
  for (const [stage, raw, means] of replies) {
    it(`at ${stage}, ${raw}: ${means}`, () => {
      const reply = parseSmtpReply(raw);
      assert.ok(reply);
      assert.equal(interpretReply(stage, reply), means);
    });
  }

  it('has a source for every rule', () => {
    for (const { source } of [...smtpReplyRules, ...overridingReplyRules])
      assert.match(source, /RFC|IANA|Gmail|Exchange|Postfix/);
  });

  it('never ends a mail without a code that is about the recipient', () => {
    const digit = fc.integer({ min: 0, max: 9 });
    const enhanced = fc.option(fc.tuple(fc.constantFrom(2, 4, 5), digit, digit), { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom(...smtpStages),
        fc.integer({ min: 200, max: 599 }),
        enhanced,
        fc.string(),
        (stage, code, three, text) => {
          const reply = { code, text, ...(three && { enhanced: three.join('.') }) };
          if (interpretReply(stage, reply) !== 'recipient') return;
          assert.ok(['rcpt', 'data', 'content'].includes(stage));
          assert.ok(code >= 500);
          assert.ok(code === 556 || /^5\.(1\.[12346]|2\.1|6\.7)$/.test(reply.enhanced ?? ''), reply.enhanced);
        },
      ),
      { numRuns: chooseRunCount({ some: 500, all: 2000 }) },
    );
  });
});
