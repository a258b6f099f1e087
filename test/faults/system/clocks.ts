/** The clocks of processes, as libfaketime shows them: each process reads its offset from a file of its own. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../support/system.ts';

/** Where Debian's package libfaketime has it. */
const LIBRARIES = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
);

/** Returns the path of libfaketime; undefined if this machine has none. */
export function findClockLibrary(): string | undefined {
  return LIBRARIES.find((path) => existsSync(path));
}

export interface Clocks {
  /** Environment variables of a process whose clock can be set. */
  settingsOf(name: string): Settings;
  /** Sets the wall clock of a process. It sees that within a second. Its monotonic clock stays as it is. */
  set(name: string, offsetSeconds: number): Promise<void>;
}

/** @param library the path of libfaketime; without it every clock is right */
export async function openClocks(
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
