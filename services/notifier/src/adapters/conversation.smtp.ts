/**
 * Follows a conversation with the mail server: which stage is in progress, and what the server replied. Reads
 * nodemailer's transaction log, because nothing else contains every command and reply.
 */
import type { SmtpStage } from '../delivery/reply.ts';

/**
 * What the mail server replied at one stage of a conversation. A server sends no reply when the connection or
 * implicit TLS is established. For these two stages, `reply` is a text of the notifier that says so.
 */
export interface SmtpExchange {
  readonly stage: SmtpStage;
  /** The whole reply of the mail server, with all lines and unmasked addresses. */
  readonly reply: string;
}

/** The state of a conversation with the mail server. */
export interface SmtpConversation {
  /** The logger that must be passed to nodemailer. */
  readonly logger: Readonly<Record<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal', typeof ignore>>;
  /** Returns the stage of the next expected reply; undefined if no reply is expected. */
  pending(): SmtpStage | undefined;
  /**
   * Returns the stage that the conversation has reached: the stage of the last reply, or the stage that was
   * passed to `begins` after that reply.
   */
  reached(): SmtpStage;
  /** Returns how many replies of the mail server have arrived. */
  replies(): number;
  /**
   * Returns the first refusal (a reply with the code 4xx or 5xx) since the current login or the current mail
   * began.
   */
  refusal(): SmtpExchange | undefined;
  /** Forgets earlier refusals, and sets the stage. Must be called whenever a login or a mail begins. */
  begins(stage: 'auth' | 'mail'): void;
  /** Must be called when the first byte of a mail's content is sent. */
  contentBegins(): void;
}

function ignore(_entry: unknown, _text?: unknown): void {}

const VERBS: Readonly<Record<string, SmtpStage>> = {
  EHLO: 'ehlo',
  HELO: 'ehlo',
  STARTTLS: 'tls',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  RSET: 'mail',
  QUIT: 'mail',
};

/**
 * Creates the state of a conversation with the mail server.
 * @param onExchange called with each reply
 * @param onPending called with the stage of the next expected reply, whenever the client begins to wait for
 * that reply
 */
export function createSmtpConversation(
  onExchange: (exchange: SmtpExchange) => void,
  onPending: (stage: SmtpStage) => void,
): SmtpConversation {
  const pending: SmtpStage[] = ['greeting'];
  let reached: SmtpStage = 'greeting';
  let replies = 0;
  let refusal: SmtpExchange | undefined;

  function sent(command: string): void {
    // During AUTH, the client also sends lines without an SMTP verb, which contain credentials. The reply to
    // such a line belongs to the stage `auth`.
    pending.push(VERBS[/^[A-Z]+/i.exec(command)?.[0].toUpperCase() ?? ''] ?? 'auth');
    if (pending.length === 1) onPending(pending[0] ?? 'auth');
  }

  function received(reply: string): void {
    replies += 1;
    reached = pending.shift() ?? reached;
    const exchange = { stage: reached, reply };
    if (/^[45]\d\d(?:[ -]|$)/.test(reply)) refusal ??= exchange;
    onExchange(exchange);
    const [next] = pending;
    if (next !== undefined) onPending(next);
  }

  function debug(entry: unknown, text?: unknown): void {
    const { tnx } = entry as { readonly tnx?: string };
    if (tnx === 'client') sent(String(text));
    if (tnx === 'server') received(String(text));
  }

  return {
    logger: { trace: ignore, debug, info: ignore, warn: ignore, error: ignore, fatal: ignore },
    pending: () => pending[0],
    reached: () => reached,
    replies: () => replies,
    refusal: () => refusal,
    begins(stage) {
      reached = stage;
      refusal = undefined;
    },
    contentBegins() {
      pending.push('content');
      onPending('content');
    },
  };
}
