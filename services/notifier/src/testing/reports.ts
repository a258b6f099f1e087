/** Creates reports about mails, like those that mail servers send. */

/** Returns a mail of the type multipart/report (RFC 6522). */
export function createReportMail(type: string, contentType: string, fields: string): string {
  return [
    'From: MAILER-DAEMON@mx.example.net',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${type}; boundary="report"`,
    '',
    '--report',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'This is the mail system at mx.example.net.',
    '',
    '--report',
    `Content-Type: ${contentType}`,
    '',
    fields,
    '',
    '--report',
    'Content-Type: message/rfc822',
    '',
    'Message-ID: <original@example.com>',
    'Subject: Hello',
    '',
    'Hello.',
    '--report--',
    '',
  ].join('\r\n');
}

export interface BounceFields {
  readonly recipient: string;
  readonly action?: string;
  /** The enhanced status code. Default: `5.1.1`. */
  readonly status?: string;
  /** The mail server's reply that the report contains. Default: a refusal with the status code. */
  readonly diagnostic?: string;
}

/** Returns a mail that reports a failed delivery, called a bounce (RFC 3464). */
export function createBounceMail({
  recipient,
  action = 'failed',
  status = '5.1.1',
  diagnostic,
}: BounceFields): string {
  const fields = [
    'Reporting-MTA: dns; mx.example.net',
    'Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0000',
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: ${diagnostic ?? `smtp; 550 ${status} refused`}`,
  ];
  return createReportMail('delivery-status', 'message/delivery-status', fields.join('\r\n'));
}

export interface ComplaintFields {
  readonly returnPath: string;
  readonly type?: string;
}

/** Returns a feedback report (RFC 5965), which says that a recipient has complained about a mail. */
export function createComplaintMail({ returnPath, type = 'abuse' }: ComplaintFields): string {
  const fields = [
    `Feedback-Type: ${type}`,
    'User-Agent: FeedbackLoop/1.0',
    'Version: 1',
    `Original-Mail-From: <${returnPath}>`,
  ];
  return createReportMail('feedback-report', 'message/feedback-report', fields.join('\r\n'));
}
