/** Sets the clocks of processes with libfaketime: each process reads its offset from its own file. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../support/system.ts';

/** The paths at which Debian's package installs libfaketime. */
const LIBRARIES = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
);

/** Returns the path of libfaketime; undefined if it is not installed. */
export function findClockLibrary(): string | undefined {
  return LIBRARIES.find((path) => existsSync(path));
}

export interface Clocks {
  /** Returns the environment variables for a process whose clock can be set. */
  settingsOf(name: string): Settings;
  /**
   * Sets the wall clock of a process. The process notices the change within a second. Its monotonic clock
   * does not change.
   */
  set(name: string, offsetSeconds: number): Promise<void>;
}

/**
 * Creates the files from which libfaketime reads the offsets.
 * @param library the path of libfaketime; if undefined, clocks cannot be set
 */
export async function createFaketimeClocks(
  library: string | undefined,
  names: readonly string[],
  stack: AsyncDisposableStack,
): Promise<Clocks> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-clocks-'));
  stack.defer(() => rm(folder, { recursive: true }));
  function fileOf(name: string): string {
    return join(folder, name);
  }
  async function set(name: string, offsetSeconds: number): Promise<void> {
    await writeFile(fileOf(name), `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
  }
  for (const name of names) await set(name, 0);
  return {
    set,
    settingsOf: (name) =>
      library === undefined
        ? {}
        : {
            LD_PRELOAD: library,
            FAKETIME_TIMESTAMP_FILE: fileOf(name),
            FAKETIME_CACHE_DURATION: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
            NO_FAKE_STAT: '1',
          },
  };
}
