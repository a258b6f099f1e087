import type { Environment } from '@latchkey/process';

/** The settings and the output of a command. */
export interface CommandContext {
  /** The environment variables. A variable that is not set has the value from `.env`. */
  readonly environment: Environment;
  /** Whether to wait for unreachable servers. If false, the command fails after a few seconds. */
  readonly waits: boolean;
  /** Aborted when the program that reads this command's stdout closes the pipe. */
  readonly outputClosed: AbortSignal;
  /** Prints a line of the result to stdout. */
  print(line: string): void;
  /** Prints a line that is not part of the result to stderr, such as progress. */
  note(line: string): void;
  /**
   * Draws a line on the terminal, which replaces the line that was drawn before. Undefined if stderr is not a
   * terminal.
   */
  draw?(line: string): void;
  /** Sets the exit code of a command that ran successfully but found something wrong. The default is 0. */
  exitWith(code: number): void;
}
