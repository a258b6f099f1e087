/** Sends mails through a mail server. */
import type { ProbeResult, SendResult } from '../delivery/attempt.ts';

export interface Mail {
  /** The delivery's id. Message-ID is derived from it, so that duplicates are recognisable. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly locale: string;
  /** Sent as `X-Correlation-Id`: the request that led to the mail. */
  readonly correlationId: string;
  readonly date: Date;
}

export interface SendOptions {
  /** Asked once the server is ready for the content, before any of it is sent. */
  mayProceed(): boolean;
  /** Aborts the try. The result is `deferred` if content has been sent, else `unreachable`. */
  readonly signal: AbortSignal;
}

export interface Mailer {
  /** Never rejects: every failure is a result. */
  send(mail: Mail, options: SendOptions): Promise<SendResult>;
  /** Connects, greets and logs in, but sends no mail. Never rejects. */
  probe(): Promise<ProbeResult>;
  /** Closes the connections, after the mails in flight. */
  close(): void;
}
