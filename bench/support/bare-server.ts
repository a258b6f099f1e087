/**
 * Starts a server in a separate process and measures its CPU time. The program of the server does only the
 * work that every implementation of the measured operation must do.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BareServer extends AsyncDisposable {
  readonly url: string;
  /**
   * Runs `work`, which consists of `many` operations, and returns the CPU time that all threads of the server used per
   * operation, in ms.
   */
  cpuOf(many: number, work: () => Promise<unknown>): Promise<number>;
}

/**
 * Starts a program in a separate process. The program must call `listenAsBareServer`.
 * @param program the path of the program. The program gets the path of an empty folder as its first argument;
 * the folder is removed at the end
 */
export async function startBareServer(program: string): Promise<BareServer> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const child: ChildProcess = fork(program, [folder]);
  const [port] = await once(child, 'message');
  async function cpuMs(): Promise<number> {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return (user + system) / 1000;
  }
  return {
    url: `http://localhost:${port}`,
    async cpuOf(many, work) {
      const before = await cpuMs();
      await work();
      return ((await cpuMs()) - before) / many;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * Listens on a free port, and answers the messages of `startBareServer`, which has started this program. Ends the
 * program when `startBareServer` disconnects.
 */
export function listenAsBareServer(server: Server): void {
  server.listen(0, () => process.send?.((server.address() as AddressInfo).port));
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.on('disconnect', () => process.exit());
}
