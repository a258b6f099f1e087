/** Sends mails through a mail server. */
import type { MailSendResult, MailServerProbeResult } from '../delivery/attempt.ts';

export interface OutgoingMail {
  /** The delivery's id. The mail's Message-ID is derived from it, so that duplicates can be recognised. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly locale: string;
  /** The id of the request that caused the mail. The mail contains it as the header `X-Correlation-Id`. */
  readonly correlationId: string;
  readonly date: Date;
}

export interface SendMailOptions {
  /**
   * Returns whether the content of the mail may be sent. Called when the server is ready for the content,
   * before its first byte is sent.
   */
  mayProceed(): boolean;
  /**
   * Aborts the attempt to send the mail. The result is `deferred` if some of the content was already sent,
   * otherwise `withdrawn`.
   */
  readonly signal: AbortSignal;
  /**
   * Aborted when this process stops. A mail that is still waiting for a free connection is then `withdrawn`,
   * so that the mails that are already being sent have the rest of the time.
   */
  readonly stopping: AbortSignal;
}

export interface Mailer {
  /**
   * Sends a mail. Never rejects because of the server: every failure is a result. Waits for a free connection, and for
   * each reply as long as RFC 5321 requires.
   */
  send(mail: OutgoingMail, options: SendMailOptions): Promise<MailSendResult>;
  /** Connects to the mail server, greets and logs in, but sends no mail. Never rejects. */
  probe(): Promise<MailServerProbeResult>;
  /** Returns how many connections the mail server is currently believed to allow. */
  connections(): number;
  /** Finishes the mails that are being sent, then closes the connections. */
  close(): void;
}
