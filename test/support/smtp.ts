/** A mail server that accepts mails over SMTP, and that a test can stop and start. */
import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import type { Mail } from './mailbox.ts';
import { createSmtpListener, createSmtpRefusal } from './smtp-listener.ts';
import type { Settings } from './system.ts';

export interface AcceptedMail extends Mail {
  readonly to: readonly string[];
}

export interface MailServer {
  /** Settings that make a system send its mails to this server. */
  readonly settings: Settings;
  /** All mails that the mail server has accepted, including mails for which the sender got no reply. */
  readonly taken: readonly AcceptedMail[];
  to(address: string): readonly AcceptedMail[];
  /** Makes the server accept connections. */
  open(): Promise<void>;
  /** Makes the server refuse connections, and closes the open ones. */
  close(): Promise<void>;
}

export interface MailServerScript {
  /**
   * Called with each recipient of a mail. If it returns an SMTP code, the server refuses the recipient with
   * this code.
   */
  readonly onRecipient?: (address: string) => number | undefined;
  /**
   * Called with each mail that the server gets. If it returns `lost`, the server accepts the mail and closes
   * the connection without a reply.
   */
  readonly onMail?: (address: string) => 'lost' | undefined;
}

/** Creates a mail server. It refuses connections until `open` is called. */
export async function createMailServer({ onRecipient, onMail }: MailServerScript = {}): Promise<MailServer> {
  const taken: AcceptedMail[] = [];

  async function take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const { messageId, subject, html, text: plain } = await PostalMime.parse(await text(stream));
    const to = session.envelope.rcptTo.map(({ address }) => address);
    const id = String(taken.length);
    taken.push({
      id,
      messageId: messageId ?? '',
      subject: subject ?? '',
      html: html ?? '',
      text: plain ?? '',
      to,
    });
    if (onMail?.(to[0] ?? '') === 'lost') listener.hangUp(session);
  }

  const listener = await createSmtpListener({
    onRcptTo: ({ address }, _session, done) => {
      const code = onRecipient?.(address);
      done(code === undefined ? null : createSmtpRefusal(code));
    },
    onData: (stream, session, done) => {
      take(stream, session).then(() => done(), done);
    },
  });

  return {
    settings: listener.settings,
    taken,
    to: (address) => taken.filter(({ to }) => to.includes(address)),
    open: listener.open,
    close: listener.close,
  };
}
