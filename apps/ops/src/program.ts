/** Building blocks of the command line. */
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { eventTypes, isConsumerName, isEventType } from '@latchkey/events';

/** The root command, to which each file of commands/ adds its own. */
export type Program = Command<[], { wait: boolean }>;

/** Formats example command lines for `addHelpText('after', …)`. */
export function formatExamples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ops ${line}`).join('\n')}`;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

export function limitOption() {
  return new Option('--limit <n>', `print at most this many, up to ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .argParser(wholeNumberParser(1, MAX_LIMIT));
}

export function typesOption() {
  return new Option(
    '--types <types>',
    'only events of these types, separated by commas. Default: all',
  ).argParser(parseEventTypes);
}

const HOUR_MS = 3_600_000;
const MAX_OVERLAP_HOURS = 24 * 90;
const OVERLAP_HOURS = 24;

/**
 * Creates the option `--overlap-hours`: how long the former key or secret stays valid after a rotation.
 * @param what the help text of the option; it says what stays valid during that time
 */
export function overlapOption(what: string) {
  return new Option('--overlap-hours <n>', what)
    .default(OVERLAP_HOURS)
    .argParser(wholeNumberParser(0, MAX_OVERLAP_HOURS));
}

/** Returns the time at which an overlap that begins at `now` ends. */
export function overlapEnd(now: Date, hours: number): Date {
  return new Date(now.getTime() + hours * HOUR_MS);
}

export const JSON_OPTION_HELP = 'print one JSON object per line';

/** Returns a parser of whole numbers. It throws InvalidArgumentError for anything else. */
export function wholeNumberParser(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Parses the name of another service. @throws InvalidArgumentError */
export function parseConsumerName(text: string): string {
  if (isConsumerName(text)) return text;
  throw new InvalidArgumentError('Expected up to 63 letters, digits, dots, underscores and hyphens.');
}

/** Parses comma-separated event types. @throws InvalidArgumentError */
function parseEventTypes(text: string): readonly string[] {
  const types = text.split(',').map((type) => type.trim());
  const unknown = types.filter((type) => !isEventType(type));
  if (unknown.length === 0) return [...new Set(types)];
  throw new InvalidArgumentError(
    `No event is called ${unknown.join(', ')}. Types: ${eventTypes.join(', ')}.`,
  );
}
