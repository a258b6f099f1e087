/** Structured logs (pino, JSON lines on stdout), with what is secret or personal taken out. */
import type { Logger } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly name: string;
  readonly level: string;
}

/**
 * Redacts, at every depth that our code logs, keys that hold secrets or persons (password, token, email,
 * authorization, cookie, sealed, person, …), and any 64-character link token or JWT within a logged text.
 */
export declare function createLogger(options: LoggerOptions, destination?: NodeJS.WritableStream): Logger;
