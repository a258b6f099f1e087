/**
 * Converts socket errors and nodemailer errors to failures at a stage of the conversation with the mail
 * server, and determines what such a failure means for a mail.
 */
import type { MailSendResult } from '../delivery/attempt.ts';
import { interpretReply, type SmtpReplyMeaning } from '../delivery/judge-reply.ts';
import {
  type AttemptFailureDetails,
  formatMaskedFirstLine,
  mayReplyBeAboutThisMail,
  parseSmtpReply,
  type SmtpReply,
  type SmtpStage,
} from '../delivery/reply.ts';
import type { SmtpConversation } from './conversation.smtp.ts';

/** A failure at one stage of a conversation with the mail server. */
export interface SmtpStageFailure {
  readonly failure: AttemptFailureDetails;
  /** The mail server's reply; undefined if the server did not reply. */
  readonly reply?: SmtpReply;
  /**
   * Whether all attempts will fail in the same way until somebody changes the settings of the notifier or of
   * the mail server. Examples: the certificate is invalid, or the server does not offer TLS.
   */
  readonly isLasting?: boolean;
}

/** Thrown if a connection to the mail server could not be opened. Opening includes TLS and the login. */
export class SmtpFailure extends Error implements SmtpStageFailure {
  readonly failure: AttemptFailureDetails;
  readonly reply?: SmtpReply;
  readonly isLasting?: boolean;

  constructor(failed: SmtpStageFailure) {
    super(failed.failure.words ?? 'no connection');
    this.name = 'SmtpFailure';
    this.failure = failed.failure;
    if (failed.reply) this.reply = failed.reply;
    if (failed.isLasting) this.isLasting = true;
  }
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly originalCode?: string;
  readonly command?: string;
  readonly response?: string;
  readonly timeoutType?: string;
}

/**
 * Maps SMTP commands to stages. nodemailer names the command in its errors. DATA is not in this list, because
 * it can belong to two stages (see `stageOf`).
 */
const COMMANDS: readonly (readonly [prefix: string, stage: SmtpStage])[] = [
  ['EHLO', 'ehlo'],
  ['HELO', 'ehlo'],
  ['STARTTLS', 'tls'],
  ['AUTH', 'auth'],
  ['MAIL FROM', 'mail'],
  ['RCPT TO', 'rcpt'],
];

function stageOf({ command = '', code }: SmtpError): SmtpStage | undefined {
  if (command === 'DATA') return code === 'EMESSAGE' ? 'content' : 'data';
  return COMMANDS.find(([prefix]) => command.startsWith(prefix))?.[1];
}

/** Matches messages of OpenSSL and Node about lasting TLS failures. nodemailer hides the error codes. */
const LASTING_TLS =
  /certificate|altnames|wrong version number|packet length too long|unsupported protocol|no protocols/i;

/**
 * Converts an error to the failure of a stage of the conversation with the mail server.
 * @param pending the stage to report if the error names no command
 * @param recipient the email address to mask in the server's reply
 */
export function toSmtpStageFailure(error: unknown, pending: SmtpStage, recipient?: string): SmtpStageFailure {
  if (error instanceof SmtpFailure) return error;
  const raised = (error instanceof Error ? error : new Error(String(error))) as SmtpError;
  const { response, message } = raised;
  const reply = response === undefined ? undefined : parseSmtpReply(response);
  if (reply !== undefined) {
    const { code, enhanced, text } = reply;
    const stage = stageOf(raised) ?? pending;
    return {
      failure: {
        stage,
        code,
        ...(enhanced && { enhanced }),
        words: formatMaskedFirstLine(text, { recipient }),
      },
      reply,
    };
  }
  const isTls = raised.code === 'ETLS' || pending === 'tls' || LASTING_TLS.test(message);
  const stage = isTls && !mayReplyBeAboutThisMail(pending) ? 'tls' : pending;
  return {
    failure: { stage, words: wordsOf(raised) },
    ...(stage === 'tls' && (LASTING_TLS.test(message) || raised.code === 'ETLS') && { isLasting: true }),
  };
}

/**
 * Converts an error during a conversation to the failure of a stage. With PIPELINING (RFC 2920), a server may
 * refuse a command and then close the connection, without replying to the commands that follow. If the
 * connection ended before all replies had arrived, the failure is therefore the first refusal since the login
 * or the mail began, if there is one.
 * @param recipient the email address to mask in the server's reply
 */
export function toSmtpConversationFailure(
  error: unknown,
  conversation: SmtpConversation,
  recipient?: string,
): SmtpStageFailure {
  if (error instanceof SmtpFailure) return error;
  const { response, command } = error as SmtpError;
  const refusal = conversation.refusal();
  if (refusal !== undefined && (response === undefined || command === 'CONN')) {
    const refused = Object.assign(new Error(refusal.reply), { response: refusal.reply });
    return toSmtpStageFailure(refused, refusal.stage, recipient);
  }
  const due = response === undefined ? conversation.pending() : undefined;
  return toSmtpStageFailure(error, due ?? conversation.reached(), recipient);
}

function wordsOf(raised: SmtpError): string {
  const { code = '', originalCode, timeoutType } = raised;
  if (timeoutType !== undefined) return 'no answer in time';
  const system = originalCode ?? code;
  if (code === 'ECONNECTION') return 'the connection was closed';
  if (/^(ECONNRESET|EPIPE)$/.test(system)) return `the connection was closed (${system})`;
  return formatMaskedFirstLine(messageOf(raised));
}

function messageOf(error: unknown): string {
  // Node raises an AggregateError with an empty message if none of the server's addresses can be reached.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

const MEANS: Readonly<Record<SmtpReplyMeaning, Exclude<MailSendResult['kind'], 'accepted' | 'withdrawn'>>> = {
  recipient: 'refused',
  us: 'rejected',
  busy: 'busy',
  later: 'deferred',
  undecided: 'undecided',
};

/**
 * Returns what a failure means for the mail. If the server sent a reply, `interpretReply` decides. There is
 * one exception: if a reply before RCPT TO rejects us as the sender, the result is `unwelcome`, because the
 * server would reject every mail. If there was no reply, the result is:
 * - `unreachable` if no connection was made
 * - `unwelcome` if the failure is lasting (`isLasting`), because later attempts would fail in the same way
 * - `deferred` from MAIL FROM on, because the failure may be about this mail
 * - `busy` at an earlier stage, because the failure is about the server
 */
export function toMailSendResult({ failure, reply, isLasting = false }: SmtpStageFailure) {
  const { stage } = failure;
  if (reply !== undefined) {
    const kind = MEANS[interpretReply(stage, reply)];
    return {
      kind: kind === 'rejected' && !mayReplyBeAboutThisMail(stage) ? ('unwelcome' as const) : kind,
      failure,
    };
  }
  if (stage === 'connect') return { kind: 'unreachable' as const, failure };
  if (isLasting) return { kind: 'unwelcome' as const, failure };
  const kind = stage === 'mail' || mayReplyBeAboutThisMail(stage) ? ('deferred' as const) : ('busy' as const);
  return { kind, failure };
}
