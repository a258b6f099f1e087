/** Copies the data folder of a standalone while the server uses it. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readStoreConfig } from '@latchkey/backend';
import { createTextFile, readTextFile } from '@latchkey/process';
import { openDatabase } from '@latchkey/sqlite';
import type { CommandContext } from '../context.ts';
import { formatExamples, type Program } from '../program.ts';
import { dataFolderOf } from '../stores.ts';

const DATABASE = 'latchkey.sqlite';
const SECRETS = 'secrets.json';

export function addBackupCommand(program: Program, { environment, print }: CommandContext): void {
  program
    .command('backup')
    .description('copy the data folder of a standalone, also while the server runs')
    .argument('<folder>', 'where to write the copy; created if it does not exist, and must be empty')
    .addHelpText('after', formatExamples('backup /srv/backups/2026-12-01'))
    .action(async (name) => {
      if (readStoreConfig(environment).kind !== 'sqlite')
        throw new Error('The data is in MongoDB: back it up with the tools of MongoDB (docs/backups.md).');
      const [from, to] = [dataFolderOf(environment), resolve(name)];
      await createEmptyFolder(to);
      const secrets = await readTextFile(join(from, SECRETS));
      await copyDatabase(from, join(to, DATABASE));
      if (secrets !== undefined) await createTextFile(join(to, SECRETS), secrets);
      print(`${name}: ${[DATABASE, ...(secrets === undefined ? [] : [SECRETS])].join(' and ')}.`);
      print('It contains the private keys: keep it as safe as the data folder.');
    });
}

/** Creates a folder, or accepts an empty one. @throws Error with a one-line message if the folder contains files */
async function createEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty: choose another folder`);
}

/** Copies the database as of the start of the copy. Writes that the server makes meanwhile are not included. */
async function copyDatabase(folder: string, to: string): Promise<void> {
  const database = openDatabase({ folder, as: 'shared' });
  try {
    // Created here with mode 0600, because SQLite would create the file with the default mode of the process.
    await writeFile(to, '', { flag: 'wx', mode: 0o600 });
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    await database.close();
  }
}
