/** Structured logs (pino, JSON lines on stdout), with what is secret or personal taken out. */
import { type Logger, pino } from 'pino';
import { cleanLine } from './redaction.ts';

export type { Logger };

export interface LoggerOptions {
  readonly name: string;
  readonly level: string;
}

/**
 * Redacts, at every depth that our code logs, keys that hold secrets or persons (password, token, email,
 * authorization, cookie, sealed, person, …), and any 64-character link token or JWT within a logged text.
 */
export function createLogger(options: LoggerOptions, destination?: NodeJS.WritableStream): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    // The written line is the one place that everything passes: fields, bindings of children, messages, stacks.
    hooks: { streamWrite: cleanLine },
  };
  return pino(settings, destination ?? synchronousStdout());
}

/**
 * Each line is written when the call returns. Otherwise it waits for a thread, behind password hashes, and
 * the flush of a `fatal` overtakes the line in flight.
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
 * Only what is known to be harmless: drivers hang commands, documents and whole connections on their errors.
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
