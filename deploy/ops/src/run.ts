/** From words to a command's work. */
import { type Command, type Context, UsageError } from './command.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { deliveriesCommand } from './deliveries.ts';
import { indexesCommand } from './indexes.ts';
import { moveCommand } from './move.ts';
import { parkedCommand } from './parked.ts';
import { rebuildCommand } from './rebuild.ts';
import { roleCommand } from './role.ts';
import { secretsCommand } from './secrets.ts';
import { topicsCommand } from './topics.ts';

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

/** Does what the words say. @throws UsageError; Error of one line */
export async function run(words: readonly string[], context: Omit<Context, 'waits'>): Promise<void> {
  const [name, ...rest] = words;
  if (name === undefined || words.some((word) => HELP.has(word))) return context.say(usage());
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  const work = command.read(rest.filter((word) => word !== NO_WAIT));
  await work({ ...context, waits: !rest.includes(NO_WAIT) });
}
