/** Creates the mailer, which sends mails over SMTP. */
import type { MailSendResult, MailServerProbeResult } from '../delivery/attempt.ts';
import type { Mailer, OutgoingMail, SendMailOptions } from '../ports/mailer.ts';
import { toMailSendResult, toSmtpStageFailure } from './failure.smtp.ts';
import { type ComposedMessage, composeMessage, type MailEnvelopeSettings } from './message.smtp.ts';
import { type ConnectionPoolSettings, createConnectionPool } from './pool.smtp.ts';

export interface SmtpSettings extends ConnectionPoolSettings, MailEnvelopeSettings {}

/**
 * The result of sending a mail to an address that cannot be used in SMTP. The address is never sent to the
 * server.
 */
const UNUSABLE: MailSendResult = {
  kind: 'refused',
  failure: { stage: 'rcpt', words: 'the address cannot be used in SMTP' },
};

export function createSmtpMailer(settings: SmtpSettings): Mailer {
  const pool = createConnectionPool(settings);
  const closed = new AbortController();

  /**
   * Sends a mail over one connection of the pool.
   * @returns undefined if the server had closed the connection before the mail reached it
   */
  async function sendOnce(
    message: ComposedMessage,
    options: SendMailOptions,
  ): Promise<MailSendResult | undefined> {
    const startedAt = performance.now();
    try {
      const connection = await pool.acquire(options);
      if (connection === undefined) return { kind: 'withdrawn' };
      const { result, isStale } = await connection.send(message, options);
      if (!isStale) pool.learn(result, startedAt);
      pool.release(connection);
      return isStale ? undefined : result;
    } catch (error) {
      if (options.signal.aborted) return { kind: 'withdrawn' };
      const result = toMailSendResult(toSmtpStageFailure(error, 'connect'));
      pool.learn(result, startedAt);
      return result;
    }
  }

  async function send(mail: OutgoingMail, options: SendMailOptions): Promise<MailSendResult> {
    const message = await composeMessage(mail, settings);
    const [to] = message.envelope.to;
    if (to === undefined || message.envelope.to.length > 1 || /[\s<>]/.test(to)) return UNUSABLE;
    let result = await sendOnce(message, options);
    while (result === undefined) {
      // The server has closed one idle connection, and has probably closed the other idle connections, too.
      pool.closeIdle();
      result = await sendOnce(message, options);
    }
    return result;
  }

  async function probe(): Promise<MailServerProbeResult> {
    const startedAt = performance.now();
    try {
      pool.closeIdle();
      const connection = await pool.acquire({ signal: closed.signal, stopping: closed.signal });
      if (connection !== undefined) pool.release(connection);
      return { kind: 'welcome' };
    } catch (error) {
      const { kind, failure } = toMailSendResult(toSmtpStageFailure(error, 'connect'));
      const result = {
        kind: kind === 'unreachable' || kind === 'unwelcome' ? kind : 'busy',
        failure,
      } as const;
      pool.learn(result, startedAt);
      return result;
    }
  }

  return {
    send,
    probe,
    connections: pool.limit,
    close() {
      closed.abort();
      pool.close();
    },
  };
}
