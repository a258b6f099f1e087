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
  /** Sent as `X-Correlation-Id`: the id of the request that caused the mail. */
  readonly correlationId: string;
  readonly date: Date;
}

export interface SendOptions {
  /** Called once the server is ready for the content, before any of it is sent. */
  mayProceed(): boolean;
  /** Aborts the try. The result is `deferred` if content has been sent, else `withdrawn`. */
  readonly signal: AbortSignal;
}

export interface Mailer {
  /** Never rejects because of the server: every failure is a result. Waits for its turn, and as long as RFC 5321 asks. */
  send(mail: Mail, options: SendOptions): Promise<SendResult>;
  /** Connects, greets and logs in, but sends no mail. Never rejects. */
  probe(): Promise<ProbeResult>;
  /** Returns how many connections the server is believed to allow at present. */
  connections(): number;
  /** Closes the connections, after the mails in flight. */
  close(): void;
}
