/** Commands that have several things to do: `parked list`. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Command, UsageError, type Work } from './command.ts';

/** What one of them takes, in its own words. */
export interface SubCommand {
  /** What follows its name, in the usage of all commands. */
  readonly words: string;
  /** Reads its words. @throws UsageError */
  read(words: readonly string[]): Work;
}

/** One command of several. */
export function subCommands(name: string, does: string, subs: Readonly<Record<string, SubCommand>>): Command {
  const names = Object.keys(subs);
  return {
    words: Object.entries(subs)
      .map(([sub, { words }]) => `${sub} ${words}`.trimEnd())
      .join(' | '),
    does,
    read([sub = '', ...rest]) {
      const found = Object.hasOwn(subs, sub) ? subs[sub] : undefined;
      if (found === undefined) throw new UsageError(`${name} takes one of: ${names.join(', ')}`);
      return found.read(rest);
    },
  };
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Words as options and the rest. @throws UsageError saying what is taken */
export function wordsOf<const O extends Options>(words: readonly string[], options: O, takes: string) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch {
    throw new UsageError(takes);
  }
}

/** The one word that is no option. @throws UsageError saying what is taken */
export function onlyWord(positionals: readonly string[], takes: string): string {
  const [word, ...more] = positionals;
  if (word === undefined || more.length > 0) throw new UsageError(takes);
  return word;
}
