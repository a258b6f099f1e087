/** Hands mails to a mail server. */
import type { ProbeResult, SendResult } from '../delivery/attempt.ts';

export interface Mail {
  /** The delivery's: Message-ID is made from it, so that a repeated send is recognisable. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly locale: string;
  /** `X-Correlation-Id`: the request that led to the mail. */
  readonly correlationId: string;
  readonly date: Date;
}

export interface SendOptions {
  /** Asked once the server is ready for the content, before any of it is handed over. */
  mayProceed(): boolean;
  /** Ends the try; a mail that has not been handed over by then is `unreachable`, else `deferred`. */
  readonly signal: AbortSignal;
}

export interface Mailer {
  /** Never rejects: whatever goes wrong is a result. */
  send(mail: Mail, options: SendOptions): Promise<SendResult>;
  /** Connects, greets and logs in, but sends no mail. Never rejects. */
  probe(): Promise<ProbeResult>;
  /** Closes the connections; mails that are being handed over are finished first. */
  close(): void;
}
