/** Copies the data folder of a standalone while the server uses it. */
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readStoreConfig } from '@latchkey/backend';
import { createTextFile, readTextFile } from '@latchkey/process';
import type { DataFile } from '@latchkey/store';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withDataFile } from '../stores.ts';

const SECRETS = 'secrets.json';

export function addBackupCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('backup')
    .description('copy the data folder of a standalone, also while the server runs')
    .argument('<folder>', 'where to write the copy; created if it does not exist, and must be empty')
    .addHelpText('after', formatExamples('backup /srv/backups/2026-12-01'))
    .action((name) => {
      const config = readStoreConfig(context.environment);
      if (!config.isEmbedded)
        throw new Error(
          'The data is on a server: back it up with the tools of that server (docs/backups.md).',
        );
      return withDataFile(context, (file) => copyFolder(file, name, context), { config });
    });
}

async function copyFolder(file: DataFile, name: string, { print }: CommandContext): Promise<void> {
  const to = resolve(name);
  await createEmptyFolder(to);
  const secrets = await readTextFile(join(file.folder, SECRETS));
  await file.copyTo(join(to, file.name));
  if (secrets !== undefined) await createTextFile(join(to, SECRETS), secrets);
  print(`${name}: ${[file.name, ...(secrets === undefined ? [] : [SECRETS])].join(' and ')}.`);
  print('The copy contains the private keys: keep it as safe as the data folder.');
}

/** Creates a folder, or accepts an empty one. @throws Error with a one-line message if the folder contains files */
async function createEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty: choose another folder`);
}
