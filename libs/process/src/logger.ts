import { type Logger, pino } from 'pino';
import { redactLogLine } from './redaction.ts';

export type { Logger };

export interface LoggerOptions {
  readonly name: string;
  readonly level: string;
}

/**
 * Creates a logger (pino, JSON lines on stdout). Redacts secret and personal fields at any depth (password,
 * token, email, authorization, cookie, sealed, person, …), and link tokens, JWTs and email addresses within
 * strings.
 */
export function createLogger(options: LoggerOptions, destination?: NodeJS.WritableStream): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    // Redact the complete line, because it contains everything: fields, fields of child loggers, messages and
    // stacks.
    hooks: { streamWrite: redactLogLine },
  };
  return pino(settings, destination ?? synchronousStdout());
}

/**
 * Returns a stream that writes synchronously. An asynchronous write would wait for a thread that may be busy
 * with password hashes, and a `fatal` line, which is written synchronously, could overtake it.
 */
function synchronousStdout() {
  return pino.destination({ sync: true });
}

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

const CAUSES_SHOWN = 4;

/**
 * Describes an error for the log. Copies only those fields that are known to be harmless, because drivers
 * attach commands, documents and connections to their errors.
 */
export function describeError(error: unknown, causesShown = CAUSES_SHOWN): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? '[not an Error]' : String(error);
  const { cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(cause === undefined || causesShown === 0 ? {} : { cause: describeError(cause, causesShown - 1) }),
  } satisfies DescribedError;
}
