/** Runs the steps of a conversation with the mail server, such as the login or a mail, one after another. */
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpConversation } from './conversation.smtp.ts';

/** A conversation with the mail server over one connection. `signal` aborts the step in progress. */
export interface SmtpSession {
  readonly smtp: SMTPConnection;
  readonly conversation: SmtpConversation;
  readonly signal: AbortSignal;
}

/**
 * Runs one step of a conversation with the mail server. Waits until the step has finished or the connection
 * has ended: after an error or a timeout, nodemailer closes the connection and never calls the step's
 * callback. Closes the connection when `signal` is aborted.
 * @param begin begins the step, and passes the callback `done` to nodemailer
 * @throws the reason of `signal` after an abort, otherwise the error of nodemailer
 */
export async function runSmtpStep(
  smtp: SMTPConnection,
  signal: AbortSignal,
  begin: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  function onEnd(): void {
    reject(new Error('the connection was closed'));
  }
  function onAbort(): void {
    reject(signal.reason);
    smtp.close();
  }
  smtp.once('error', reject);
  smtp.once('end', onEnd);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    begin((error) => (error ? reject(error) : resolve()));
    if (signal.aborted) onAbort();
    await promise;
  } finally {
    smtp.off('error', reject);
    smtp.off('end', onEnd);
    signal.removeEventListener('abort', onAbort);
  }
}
