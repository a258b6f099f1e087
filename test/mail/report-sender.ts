/**
 * Sends delivery reports to the notifier as mail servers do: over SMTP (RFC 5321), or over LMTP (RFC 2033) with `LHLO`.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export interface ReportMail {
  readonly port: number;
  readonly to: string;
  readonly content: string;
  /** The command that greets the notifier. Default: EHLO. */
  readonly hello?: 'EHLO' | 'LHLO';
}

/**
 * Sends a mail with an empty return path, as reports have it.
 * @returns the first SMTP reply that is an error; if there is none, the reply to the content
 */
export async function sendReport({ port, to, content, hello = 'EHLO' }: ReportMail): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();

  async function reply(): Promise<string> {
    for (;;) {
      const { value = '', done = false } = await lines.next();
      if (done) throw new Error('the connection was closed');
      if (/^\d{3}(?: |$)/.test(value)) return value;
    }
  }

  const commands = [`${hello} mx.example.net`, 'MAIL FROM:<>', `RCPT TO:<${to}>`, 'DATA'];
  let said = await reply();
  for (const command of commands) {
    socket.write(`${command}\r\n`);
    said = await reply();
    if (!/^[23]/.test(said)) break;
  }
  if (said.startsWith('354')) {
    socket.write(`${content.replaceAll(/^\./gm, '..')}\r\n.\r\n`);
    said = await reply();
  }
  socket.end('QUIT\r\n');
  return said;
}

function report(type: string, fields: readonly string[]): string {
  return [
    'From: MAILER-DAEMON@mx.example.net',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${type}; boundary="part"`,
    '',
    '--part',
    'Content-Type: text/plain',
    '',
    'This is a report.',
    '',
    '--part',
    `Content-Type: message/${type}`,
    '',
    ...fields,
    '',
    '--part',
    'Content-Type: text/rfc822-headers',
    '',
    'Subject: Hello',
    '',
    '--part--',
    '',
  ].join('\r\n');
}

/** Returns a delivery status notification (RFC 3464). */
export function createDeliveryReportMail(status: string, action = 'failed'): string {
  const recipient = [
    'Final-Recipient: rfc822; somebody@example.com',
    `Action: ${action}`,
    `Status: ${status}`,
  ];
  return report('delivery-status', ['Reporting-MTA: dns; mx.example.net', '', ...recipient]);
}

/** Returns a feedback report (RFC 5965). */
export function createFeedbackReportMail(returnPath: string): string {
  return report('feedback-report', [
    'Feedback-Type: abuse',
    'User-Agent: Loop/1',
    'Version: 1',
    `Original-Mail-From: <${returnPath}>`,
  ]);
}
