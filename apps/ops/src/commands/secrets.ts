/**
 * Creates the secrets of a cluster, one file each, for services that read them through settings like `…_FILE`. All
 * secrets are first written to one file, the plan, and then copied to their own files. If the command is interrupted,
 * running it again therefore continues with the same secrets.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  generatedSecretNames,
  generateSecrets,
  generateSecretsAddedAfterRelease01,
  parseSecrets,
} from '@latchkey/auth/secrets';
import { createTextFile, readTextFile } from '@latchkey/process';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';

export function addSecretsCommand(program: OpsProgram, { print }: CommandContext): void {
  program
    .command('secrets')
    .description('create the secrets of all services, one file each; overwrites nothing')
    .argument('<folder>', 'folder for the secrets; created if it does not exist')
    .addHelpText('after', formatExamples('secrets /srv/latchkey/secrets'))
    .action(async (folder) => {
      const made = await createSecretFiles(resolve(folder));
      print(
        made.length > 0
          ? `${folder}: created ${made.join(', ')}. Keep a copy: without PASSWORD_SALT_KEY no password can be checked.`
          : `${folder}: all secrets exist already.`,
      );
    });
}

function planOf(folder: string): string {
  return join(folder, '.secrets.json');
}

/**
 * Creates the folder (0700) and its files (0600), unless the files exist.
 * @returns the names of the created files
 * @throws Error that names the missing files if only some exist, because new secrets would not match the existing
 * ones
 */
export async function createSecretFiles(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await layOutPlan(folder)) return generatedSecretNames;
  const added = await addLaterSecrets(folder);
  if (added.length > 0) return added;
  if (await isComplete(folder)) return [];
  // Another process may have created the secrets since the check above. In that case, its files are kept, and
  // the secrets generated here are not used.
  await createTextFile(planOf(folder), JSON.stringify(generateSecrets()));
  return (await layOutPlan(folder)) ? generatedSecretNames : [];
}

/**
 * Adds the secrets that release 0.1 did not have, if the folder contains all other secrets. @returns the
 * added names
 */
async function addLaterSecrets(folder: string): Promise<readonly string[]> {
  const later = Object.entries(generateSecretsAddedAfterRelease01());
  const found = await present(folder);
  if (found.length + later.filter(([name]) => !found.includes(name)).length < generatedSecretNames.length)
    return [];
  const added: string[] = [];
  for (const [name, text] of later) if (await createTextFile(join(folder, name), text)) added.push(name);
  return added;
}

/**
 * Returns whether the files of all secrets exist. @throws Error if only some files exist and no other
 * process is creating the missing ones
 */
async function isComplete(folder: string): Promise<boolean> {
  if ((await present(folder)).length === 0) return false;
  // If another process has written the plan (the file that contains all secrets) but not yet all files,
  // create the missing files from this plan.
  if (await layOutPlan(folder)) return true;
  const found = await present(folder);
  const missing = generatedSecretNames.filter((name) => !found.includes(name));
  if (missing.length === 0) return true;
  throw new Error(
    `${folder} lacks ${missing.join(', ')}: put them back, or remove the other files if nothing uses them yet`,
  );
}

async function present(folder: string): Promise<readonly string[]> {
  const texts = await Promise.all(generatedSecretNames.map((name) => readTextFile(join(folder, name))));
  return generatedSecretNames.filter((_, index) => texts[index] !== undefined);
}

/** Copies the secrets from the plan to their files. @returns false if there is no plan */
async function layOutPlan(folder: string): Promise<boolean> {
  const plan = await readTextFile(planOf(folder));
  if (plan === undefined) return false;
  const planned = parseSecrets(plan);
  if (planned === undefined) throw new Error(`${planOf(folder)} is damaged: remove it`);
  const secrets = { ...generateSecretsAddedAfterRelease01(), ...planned };
  for (const name of generatedSecretNames) await createTextFile(join(folder, name), secrets[name]);
  await rm(planOf(folder), { force: true });
  return true;
}
