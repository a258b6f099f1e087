/** The mails that the tests of the SMTP adapters send, and the settings that they use. */
import type { SmtpSettings } from '../adapters/mailer.smtp.ts';
import type { OutgoingMail, SendMailOptions } from '../ports/mailer.ts';

export const TEST_MAIL: OutgoingMail = {
  id: '0d9be1c6-27c5-5f4b-9b4e-2f4e0d6bb6c1',
  to: 'ada@example.com',
  subject: 'Verify your email',
  html: '<p>Hello</p>',
  text: 'Hello\n.\nworld',
  locale: 'en',
  correlationId: 'request-1',
  date: new Date('2026-11-21T10:00:00Z'),
};

/** Returns the settings of a mailer that sends to a port of the loopback interface, without TLS and login. */
export function createTestSmtpSettings(port: number, settings: Partial<SmtpSettings> = {}): SmtpSettings {
  return {
    host: '127.0.0.1',
    port,
    implicitTls: false,
    startTls: false,
    validateCertificates: true,
    from: { name: 'Latchkey', address: 'noreply@example.com' },
    connections: 2,
    ehloName: 'accounts.example.com',
    ...settings,
  };
}

/** Returns options under which a mail may take up to two minutes, which is longer than any test. */
export function createSendOptionsWithTwoMinuteTimeout(): SendMailOptions {
  const signal = AbortSignal.timeout(120_000);
  return { mayProceed: () => true, signal, stopping: signal };
}
