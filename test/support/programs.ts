/** The programs that tests run, and the settings that all tests of whole systems share. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { getMainModulePath } from '@latchkey/process/testing/program-paths';
import type { Settings, System } from './system.ts';

export const STANDALONE_PATH = getMainModulePath('apps/standalone');
export const OPS_PATH = getMainModulePath('apps/ops');

/** Returns a function that runs ops commands with the given environment variables. */
export function createOpsRunner(env: NodeJS.ProcessEnv): System['ops'] {
  return async (...words) => {
    const { stdout } = await promisify(execFile)(process.execPath, [OPS_PATH, ...words], { env });
    return stdout;
  };
}

/**
 * Runs an ops command in the process of the test, because starting a process takes more CPU time than most commands.
 * @param settings all settings of the command, such as the data folder or the servers
 */
export async function runOpsInProcess(
  settings: Settings,
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const { runCommandInProcess } = await import('../../apps/ops/src/testing/run-in-process.ts');
  const { code, out, err } = await runCommandInProcess(settings, ...words);
  return { code, stdout: out, stderr: err };
}

/**
 * Returns a function that runs ops commands as `runOpsInProcess` does. A command that fails rejects with its error
 * message.
 */
export function createInProcessOpsRunner(settings: Settings): System['ops'] {
  return async (...words) => {
    const { code, stdout, stderr } = await runOpsInProcess(settings, ...words);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
}

/**
 * Settings with short leases and short consumer sessions, so that tests can wait until a lease or session
 * expires. With TEST_WAITS=long the default durations apply, and tests that kill processes take minutes
 * longer.
 */
export const SHORT_LIFETIME_SETTINGS: Settings =
  process.env['TEST_WAITS'] === 'long'
    ? {}
    : {
        KAFKA_SESSION_SECONDS: '3',
        REQUEST_LEASE_SECONDS: '5',
        RELAY_LEASE_SECONDS: '2',
        MAIL_LEASE_SECONDS: '12',
      };

/**
 * Returns settings that shift the clock of a process by `offsetMs`: forward if it is positive, back if it is
 * negative.
 */
export function createShiftedClockSettings(offsetMs: number): Settings {
  return {
    NODE_OPTIONS: `--import=${import.meta.resolve('./shifted-clock.ts')}`,
    CLOCK_OFFSET_MS: String(offsetMs),
  };
}

/** Returns settings that make a process kill itself with SIGKILL as soon as it has printed `text`. */
export function createKillAfterOutputSettings(text: string): Settings {
  return { NODE_OPTIONS: `--import=${import.meta.resolve('./kill-after.ts')}`, KILL_AFTER: text };
}

/** The lowest cost of a password hash that HASH_COSTS accepts. The default cost takes twice the CPU time. */
export const CHEAP_HASH_SETTINGS = { HASH_COSTS: '1792:20' };

/** The cost of the password hashes in the data of release 0.1. */
export const RELEASE_0_1_HASH_SETTINGS = { HASH_COSTS: '19456:2' };

/** Rate limits that are higher than the number of requests in a test, because all requests come from one IP. */
export const HIGH_LIMIT_SETTINGS: Settings = {
  HASH_WAIT_SECONDS: '60',
  LIMIT_MAIL_REQUESTS_PER_IP: '10000',
  LIMIT_SIGNUPS_PER_IP: '10000',
  LIMIT_MAILS_PER_ADDRESS: '100',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '10000',
  LIMIT_LOGINS: '100000',
  LIMIT_LOGOUTS_EVERYWHERE: '100000',
  LIMIT_PASSWORD_CHANGES: '100000',
  LIMIT_ERASURE_REQUESTS: '100000',
  LIMIT_PROFILE_CHANGES: '100000',
  LIMIT_EMAIL_CHANGES: '100000',
  LIMIT_EXPORTS: '100000',
};
