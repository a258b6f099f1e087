/**
 * The mail server of a run. It records every mail that was transferred completely, and misbehaves according to its
 * mode.
 */
import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { createSmtpListener, createSmtpRefusal } from '../../support/smtp-listener.ts';
import type { Settings } from '../../support/system.ts';
import { countWorkAtBothTargets, createWorkCounters, type GetWorkCounter } from '../nemesis/work.ts';
import type { MailLine, SmtpReply } from '../run-folder.ts';
import { createInboxes, type Inboxes, type InboxMail } from './inboxes.ts';

export type MailSinkMode =
  | 'takes'
  /** Closes open connections and refuses new ones. */
  | 'refuses'
  /** Delays the reply to each completely transferred mail until the mode changes. */
  | 'stalls'
  /**
   * Refuses mails with a temporary (4xx) or permanent (5xx) reply code. Every second mail is refused at RCPT
   * TO, the others after their content.
   */
  | 'answers-4xx'
  | 'answers-5xx'
  /** Closes the connection instead of replying, and drops the mail. */
  | 'closes-after-data'
  /** Closes the connection instead of replying, but accepts the mail. */
  | 'loses-250';

export interface MailSink {
  /** Settings that make a system send its mails to this mail server. */
  readonly settings: Settings;
  readonly inboxes: Inboxes;
  setMode(mode: MailSinkMode): Promise<void>;
  /** Returns the number of mails that were received completely but not replied to yet. */
  held(): number;
  /** Returns the number of open connections to the mail server. */
  connections(): number;
  close(): Promise<void>;
}

const CODES: Readonly<Partial<Record<MailSinkMode, number>>> = { 'answers-4xx': 451, 'answers-5xx': 554 };

/**
 * Starts the mail server, which accepts mails at first.
 * @param record called with each mail once its outcome is known
 * @param work counts each mail as work of `smtp` and of the process that sends it, from RCPT TO until the
 * reply
 */
export async function openMailSink(
  record: (line: MailLine) => void,
  work: GetWorkCounter = createWorkCounters(),
): Promise<MailSink> {
  const inboxes = createInboxes();
  let mode: MailSinkMode = 'takes';
  let modeEnds = Promise.withResolvers<void>();
  let named = 0;
  let held = 0;
  /**
   * The mails in progress, by session. The value is the function that stops counting the mail as work in
   * progress.
   */
  const inProgress = new Map<string, () => void>();

  function endMail({ id }: SMTPServerSession): void {
    inProgress.get(id)?.();
    inProgress.delete(id);
  }

  /**
   * Decides, according to the current mode, what the mail server does with a mail that was transferred
   * completely.
   */
  async function judge(session: SMTPServerSession): Promise<SmtpReply> {
    if (mode === 'stalls') await modeEnds.promise;
    if (!listener.isConnected(session)) return 'closed';
    if (mode === 'answers-4xx') return '4xx';
    if (mode === 'answers-5xx') return '5xx';
    if (mode === 'closes-after-data') return 'closed';
    return mode === 'loses-250' ? '250-lost' : '250';
  }

  async function take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<SmtpReply> {
    const { inboxMail, ...line } = await read(stream, session);
    held += 1;
    const said = await judge(session);
    held -= 1;
    record({ ...line, said, answeredAt: new Date().toISOString(), by: senderIn(session) });
    if (said === '250' || said === '250-lost') inboxes.deliver(line.to, inboxMail);
    return said;
  }

  const listener = await createSmtpListener({
    onRcptTo: (_address, session, done) => {
      endMail(session);
      inProgress.set(session.id, countWorkAtBothTargets(work('smtp'), work(senderIn(session))));
      const code = CODES[mode];
      named += 1;
      if (code === undefined || named % 2 !== 0) return done(null);
      endMail(session);
      done(createSmtpRefusal(code));
    },
    onClose: endMail,
    onData: (stream, session, done) => {
      const taken = take(stream, session).finally(() => endMail(session));
      taken.then((said) => {
        if (said === '250') return done();
        if (said === '4xx') return done(createSmtpRefusal(451));
        if (said === '5xx') return done(createSmtpRefusal(554));
        listener.hangUp(session);
      }, done);
    },
  });

  async function setMode(next: MailSinkMode): Promise<void> {
    const before = mode;
    mode = next;
    modeEnds.resolve();
    modeEnds = Promise.withResolvers();
    if (next === 'refuses') await listener.close();
    else if (before === 'refuses') await listener.open();
  }

  await listener.open();
  return {
    settings: listener.settings,
    inboxes,
    setMode,
    held: () => held,
    connections: listener.connections,
    close: async () => {
      modeEnds.resolve();
      await listener.close();
    },
  };
}

/** Returns the EHLO name of a process, so that its mails show which process sent them. */
export function createEhloNameSettings(name: string): Settings {
  return { MAIL_EHLO_NAME: `${name}.example.com` };
}

/** Returns the first label of the name in EHLO, for example `notifier-1` for `notifier-1.example.com`. */
function senderIn({ hostNameAppearsAs }: SMTPServerSession): string {
  return String(hostNameAppearsAs).split('.')[0] ?? '';
}

async function read(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
): Promise<Omit<MailLine, 'said' | 'answeredAt' | 'by'> & { readonly inboxMail: InboxMail }> {
  const source = await text(stream);
  const at = new Date().toISOString();
  const { messageId = '', subject = '', text: plain = '', headers } = await PostalMime.parse(source);
  const [, leadsTo, token] =
    /\/(verify|password-reset-confirm|erase|change-email|undo-email-change)\/([\w-]{64})/.exec(plain) ?? [];
  return {
    at,
    messageId,
    to: envelope.rcptTo.map(({ address }) => address),
    subject,
    correlationId: headers.find(({ key }) => key === 'x-correlation-id')?.value ?? '',
    expiresAt: token === undefined ? null : expiryIn(plain),
    inboxMail: {
      subject,
      text: plain,
      ...(token !== undefined && { token }),
      ...(leadsTo !== undefined && { leadsTo }),
    },
  };
}

/**
 * Returns the time at which the link expires, parsed from an English mail, for example "until November 22, 2026 at
 * 10:15 AM UTC".
 */
function expiryIn(plain: string): string | null {
  const [, date, time] = /until (.+?) at (.+? UTC)\./.exec(plain.replaceAll(/\s+/g, ' ')) ?? [];
  const at = new Date(`${date} ${time}`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
