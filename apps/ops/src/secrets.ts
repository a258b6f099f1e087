/**
 * The secrets of a cluster, one file each, for services that read them by `…_FILE`. The whole set is decided in
 * one file first and then laid out, so that whatever interrupts it, a repetition goes on with the same set.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { generateSecrets, parseSecrets, type Secrets } from '@latchkey/auth/secrets';
import { makeTextFile, readTextFile } from '@latchkey/process';
import { type Command, UsageError } from './command.ts';

const NAMES = [
  'SIGNING_KEYS',
  'SEALING_PUBLIC_KEY',
  'SEALING_PRIVATE_KEYS',
  'PASSWORD_SALT_KEY',
  'REFRESH_KEY',
] as const satisfies readonly (keyof Secrets)[];

/** Makes the files of the secrets in a folder, unless they are there. */
export const secretsCommand: Command = {
  words: '<folder>',
  does: 'make the secrets that are missing, one file each, readable to their owner alone',
  read([folder, ...rest]) {
    if (folder === undefined || rest.length > 0)
      throw new UsageError('secrets takes a folder, and nothing else');
    return async ({ say }) => {
      const made = await makeSecrets(resolve(folder));
      say(
        made
          ? `${folder}: made ${NAMES.join(', ')}. Keep a copy: without PASSWORD_SALT_KEY no password is right.`
          : `${folder}: all secrets are there already.`,
      );
    };
  },
};

function planOf(folder: string): string {
  return join(folder, '.secrets.json');
}

/**
 * Makes folder (0700) and files (0600) where there are none.
 * @returns whether any was missing
 * @throws Error naming what is missing if only some are there: a new one would not go with the others
 */
export async function makeSecrets(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await carryOutPlan(folder)) return true;
  if (await isWhole(folder)) return false;
  const made = await makeTextFile(planOf(folder), JSON.stringify(generateSecrets()));
  // Somebody else may have been through with it between our look and our plan.
  if (made && (await present(folder)).length > 0) {
    await rm(planOf(folder));
    return !(await isWhole(folder));
  }
  return carryOutPlan(folder);
}

/** @throws Error if some are there and some are not */
async function isWhole(folder: string): Promise<boolean> {
  const there = await present(folder);
  const missing = NAMES.filter((name) => !there.includes(name));
  if (missing.length === 0) return true;
  if (there.length === 0) return false;
  throw new Error(
    `${folder} lacks ${missing.join(', ')}: put them back, or remove the other files if nothing uses them yet`,
  );
}

async function present(folder: string): Promise<readonly string[]> {
  const texts = await Promise.all(NAMES.map((name) => readTextFile(join(folder, name))));
  return NAMES.filter((_, index) => texts[index] !== undefined);
}

/** Lays out the set that was decided on, if that is still to be done. */
async function carryOutPlan(folder: string): Promise<boolean> {
  const plan = await readTextFile(planOf(folder));
  if (plan === undefined) return false;
  const secrets = parseSecrets(plan);
  if (secrets === undefined) throw new Error(`${planOf(folder)} is damaged: remove it`);
  for (const name of NAMES) await makeTextFile(join(folder, name), secrets[name]);
  await rm(planOf(folder), { force: true });
  return true;
}
