/** What ops do by hand on a data folder, also while its server runs. */
import { openAdministration } from '@latchkey/auth';
import { role } from '@latchkey/events';
import { type Database, openDatabase } from '@latchkey/sqlite';

const USAGE = `Usage: npm run ops -- <command>

  role <email> <user|admin>   give the verified account of an address a role

DATA_DIR names the data folder (default ./.data).`;

class UsageError extends Error {}

type Command = (database: Database, words: readonly string[]) => Promise<string>;

const commands: Readonly<Record<string, Command>> = {
  role: async (database, [email, name, ...rest]) => {
    const wanted = role.safeParse(name);
    if (email === undefined || rest.length > 0) throw new UsageError('role takes an address and a role');
    if (!wanted.success) throw new UsageError(`role: must be user or admin, not ${name ?? 'nothing'}`);
    const before = await openAdministration({ database }).changeRole(email, wanted.data);
    return before === wanted.data
      ? `${email} is ${wanted.data} already.`
      : `${email}: ${before} → ${wanted.data}. Sessions have ended; log in again.`;
  },
};

const run = async ([name = '', ...words]: readonly string[], folder: string): Promise<string> => {
  if (['', 'help', '--help', '-h'].includes(name)) return USAGE;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  const database = openDatabase({ folder, as: 'beside' });
  try {
    return await command(database, words);
  } finally {
    await database.close();
  }
};

const explain = (error: unknown): string => {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  return error instanceof Error ? error.message : String(error);
};

try {
  console.log(await run(process.argv.slice(2), process.env['DATA_DIR'] || './.data'));
} catch (error) {
  console.error(`ops: ${explain(error)}`);
  process.exitCode = 1;
}
