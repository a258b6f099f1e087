/** What a command of `npm run ops` is. */
import type { Environment } from '@latchkey/process';

export interface Context {
  /** Given variables, and beneath them those of `.env`. */
  readonly environment: Environment;
  /** False: a server that is away is an error at once. */
  readonly waits: boolean;
  /** A line of the result. */
  say(line: string): void;
  /** A line about what is going on meanwhile; no part of the result. */
  note(line: string): void;
  /** Where a person looks on: a line that takes the place of the one drawn before, until there is another line. */
  draw?(line: string): void;
  /** Ends with this, where the work is done and its result is no good news. Without it, with 0. */
  conclude(exitCode: number): void;
}

/** @throws Error of one line, worded for people */
export type Work = (context: Context) => Promise<void>;

export interface Command {
  /** What follows its name. */
  readonly words: string;
  /** What it does, in a few words. */
  readonly does: string;
  /** What it ends with where its work could not be done. Without it, 1. */
  readonly failsWith?: number;
  /** Reads its words, before anything is opened. @throws UsageError */
  read(words: readonly string[]): Work;
}

/** The words make no command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
