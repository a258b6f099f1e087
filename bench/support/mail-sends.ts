/** Measures the lower bound for sending a mail: the time to send a mail of the same length over an open connection. */
import { randomUUID } from 'node:crypto';
import { createSmtpMailer } from '../../services/notifier/src/adapters/mailer.smtp.ts';
import { measureMs } from './load.ts';
import type { SmtpSink } from './smtp-sink.ts';

function mailTo(to: string) {
  return {
    id: randomUUID(),
    to,
    subject: 'Verify your email',
    html: `<p>${'Click the button. '.repeat(400)}</p>`,
    text: 'Open the link. '.repeat(60),
    locale: 'en' as const,
    correlationId: randomUUID(),
    date: new Date(),
  };
}

/**
 * Sends mails one after the other.
 * @returns the wall time of each mail, in ms
 */
export async function measureMailSendTimes(sink: SmtpSink, count: number): Promise<readonly number[]> {
  const mailer = createSmtpMailer({
    host: '127.0.0.1',
    port: Number(sink.settings['MAIL_PORT']),
    implicitTls: false,
    startTls: false,
    validateCertificates: true,
    from: { name: '', address: 'no-reply@latchkey.example' },
    connections: 1,
    ehloName: 'bench.example',
  });
  function send() {
    const signal = AbortSignal.timeout(10_000);
    return mailer.send(mailTo('limit@example.com'), { mayProceed: () => true, signal, stopping: signal });
  }
  try {
    await send();
    const times: number[] = [];
    for (let i = 0; i < count; i += 1) times.push(await measureMs(send));
    return times;
  } finally {
    mailer.close();
  }
}
