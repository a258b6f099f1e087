/** From words to a command's work. */
import { type Command, type Context, UsageError } from './command.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { deliveriesCommand } from './deliveries.ts';
import { indexesCommand } from './indexes.ts';
import { moveCommand } from './move.ts';
import { parkedCommand } from './parked.ts';
import { rebuildCommand } from './rebuild.ts';
import { republishCommand } from './republish.ts';
import { roleCommand } from './role.ts';
import { secretsCommand } from './secrets.ts';
import { topicsCommand } from './topics.ts';
import { verifyCommand } from './verify.ts';

const commands: Readonly<Record<string, Command>> = {
  role: roleCommand,
  topics: topicsCommand,
  indexes: indexesCommand,
  secrets: secretsCommand,
  move: moveCommand,
  rebuild: rebuildCommand,
  parked: parkedCommand,
  'dead-letters': deadLettersCommand,
  deliveries: deliveriesCommand,
  verify: verifyCommand,
  republish: republishCommand,
};

const HELP = new Set(['help', '--help', '-h']);
const NO_WAIT = '--no-wait';

/** Every command with its words, and what it does. */
export function usage(): string {
  const lines = Object.entries(commands).map(
    ([name, { words, does }]) => [`${name} ${words}`.trimEnd(), does] as const,
  );
  const width = Math.max(...lines.map(([left]) => left.length));
  return `Usage: npm run ops -- <command>

${lines.map(([left, does]) => `  ${left.padEnd(width)}   ${does}`).join('\n')}

They act on MongoDB and Kafka where MONGO_URL (and KAFKA_BROKERS) is set, else on the data folder that
DATA_DIR names (default ./.data). A server that is not up yet is waited for; with ${NO_WAIT} it is an error.`;
}

type Surroundings = Omit<Context, 'waits' | 'conclude'>;

/** Does what the words say. @returns the exit code. @throws UsageError; Error of one line */
export async function run(words: readonly string[], context: Surroundings): Promise<number> {
  const [name, ...rest] = words;
  let exitCode = 0;
  if (name === undefined || words.some((word) => HELP.has(word))) {
    context.say(usage());
    return exitCode;
  }
  const command = commandOf(name);
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  const work = command.read(rest.filter((word) => word !== NO_WAIT));
  function conclude(given: number) {
    exitCode = given;
  }
  await work({ ...context, waits: !rest.includes(NO_WAIT), conclude });
  return exitCode;
}

/** The exit code where `run` throws. */
export function failureCode([name = '']: readonly string[]): number {
  return commandOf(name)?.failsWith ?? 1;
}

function commandOf(name: string): Command | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined;
}
