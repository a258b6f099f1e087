/** Building blocks of the command line. */
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** The root command, to which each file of commands/ adds its own. */
export type Program = Command<[], { wait: boolean }>;

/** Formats example command lines for `addHelpText('after', …)`. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ops ${line}`).join('\n')}`;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

export function limitOption() {
  return new Option('--limit <n>', `print at most this many, up to ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .argParser(wholeNumber(1, MAX_LIMIT));
}

export const JSON_LINES = 'print one JSON object per line';

/** Returns a parser of whole numbers. It throws InvalidArgumentError for anything else. */
export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}
