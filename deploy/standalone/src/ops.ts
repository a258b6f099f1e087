/** What ops do by hand on a data folder, also while its server runs. Makes no folder and no file. */
import { resolve } from 'node:path';
import { openAdministration } from '@latchkey/auth';
import { role } from '@latchkey/events';
import { type Database, openDatabase } from '@latchkey/sqlite';

const USAGE = `Usage: npm run ops -- <command>

  role <email> <user|admin>   give the verified account of an address a role

DATA_DIR names the data folder (default ./.data).`;

class UsageError extends Error {}

type Work = (database: Database) => Promise<string>;
/** Reads its words before any folder is opened. @throws UsageError */
type Command = (words: readonly string[]) => Work;

const commands: Readonly<Record<string, Command>> = {
  role: ([email, name, ...rest]) => {
    if (email === undefined || name === undefined || rest.length > 0)
      throw new UsageError('role takes an address and a role, and nothing else');
    const wanted = role.safeParse(name);
    if (!wanted.success) throw new UsageError(`a role is user or admin, not ${name}`);
    return async (database) => {
      const before = await openAdministration({ database }).changeRole(email, wanted.data);
      return before === wanted.data
        ? `${email} is ${wanted.data} already.`
        : `${email}: ${before} → ${wanted.data}. Its sessions have ended: log in again.`;
    };
  },
};

const HELP = new Set(['help', '--help', '-h']);

async function run(words: readonly string[], folder: string): Promise<string> {
  const [name, ...rest] = words;
  if (name === undefined || words.some((word) => HELP.has(word))) return USAGE;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  const work = command(rest);
  const database = openDatabase({ folder, as: 'beside' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const explain = (error: unknown): string => {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  return error instanceof Error ? error.message : String(error);
};

try {
  console.log(await run(process.argv.slice(2), resolve(process.env['DATA_DIR'] || './.data')));
} catch (error) {
  console.error(`ops: ${explain(error)}`);
  process.exitCode = 1;
}
