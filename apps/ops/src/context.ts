import type { Environment } from '@latchkey/process';

/** The settings and the output of a command. */
export interface CommandContext {
  /** Environment variables, with those of `.env` as defaults. */
  readonly environment: Environment;
  /** Whether to wait for servers. If false, a server that cannot be reached is an error after a few seconds. */
  readonly waits: boolean;
  /** Aborted once the reader of stdout has closed the pipe. */
  readonly outputClosed: AbortSignal;
  /** Prints a line of the result to stdout. */
  print(line: string): void;
  /** Prints a line that is not part of the result to stderr, such as progress. */
  note(line: string): void;
  /** Draws a line on the terminal that replaces the previously drawn line. Undefined if stderr is not a terminal. */
  draw?(line: string): void;
  /** Sets the exit code of a command that succeeded but found something wrong. The default is 0. */
  exitWith(code: number): void;
}
