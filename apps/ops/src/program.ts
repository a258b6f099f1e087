/** Types, options and parsers that several commands use. */
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { accountEventTypes, isAccountEventType, isConsumerName } from '@latchkey/events';
import { DAY_MS, HOUR_MS } from '@latchkey/process';

/** The root command, to which each module in commands/ adds a command. */
export type OpsProgram = Command<[], { wait: boolean }>;

/** Formats example command lines for `addHelpText('after', …)`. */
export function formatExamples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ops ${line}`).join('\n')}`;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

export function createLimitOption() {
  return new Option('--limit <n>', `print at most this many, up to ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .argParser(createWholeNumberParser(1, MAX_LIMIT));
}

export function createEventTypesOption() {
  return new Option(
    '--types <types>',
    'only events of these types, separated by commas. Default: all',
  ).argParser(parseEventTypes);
}

export function createFormerTopicsOption() {
  return new Option(
    '--topics <names>',
    'also topics that this system used before TOPIC_NAMES was changed, separated by commas',
  )
    .default([])
    .argParser((text, before: readonly string[]): readonly string[] => [
      ...before,
      ...text.split(',').map((name) => name.trim()),
    ]);
}

export const JSON_OPTION_HELP = 'print one JSON object per line';

/**
 * Returns a parser for whole numbers between `min` and `max`. The parser throws InvalidArgumentError for anything
 * else.
 */
export function createWholeNumberParser(min: number, max: number) {
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

/** Parses comma-separated types of events about accounts. @throws InvalidArgumentError */
function parseEventTypes(text: string): readonly string[] {
  const types = text.split(',').map((type) => type.trim());
  const unknown = types.filter((type) => !isAccountEventType(type));
  if (unknown.length === 0) return [...new Set(types)];
  throw new InvalidArgumentError(
    `No event about accounts is called ${unknown.join(', ')}. Types: ${accountEventTypes.join(', ')}.`,
  );
}

const UNIT_MS = { m: 60_000, h: HOUR_MS, d: DAY_MS } as const;

function isUnit(text: string): text is keyof typeof UNIT_MS {
  return Object.hasOwn(UNIT_MS, text);
}

/** Parses a timestamp, or an age such as `12h`, which counts back from now. @throws InvalidArgumentError */
export function parseTimeOrAge(text: string): Date {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (isUnit(unit)) return new Date(Date.now() - Number(count) * UNIT_MS[unit]);
  const instant = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(instant.getTime())) return instant;
  throw new InvalidArgumentError(
    'Expected an instant, such as 2026-11-28T12:00:00Z, or an age, such as 12h.',
  );
}
