/** Starts a server that runs all services in one process, on a free port and with an empty data folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { killWhenTestEnds } from './end-with-test.ts';
import {
  CHEAP_HASH_SETTINGS,
  createInProcessOpsRunner,
  HIGH_LIMIT_SETTINGS,
  OPS_PATH,
  STANDALONE_PATH,
} from './programs.ts';
import { createServerProcess } from './server-process.ts';
import type { Settings, System } from './system.ts';

export interface Standalone extends System {
  readonly folder: string;
  /** The base URL of /readyz, /livez and /metrics. */
  readonly operations: string;
  /**
   * Stops the process as Ctrl-C does, and keeps its data folder.
   * @returns the exit code
   */
  end(): Promise<number | null>;
}

/**
 * Unsets these variables in the environment of a process, so that it uses its data folder instead of Kafka
 * and MongoDB.
 */
export const SETTINGS_WITHOUT_SERVERS = { KAFKA_BROKERS: undefined, MONGO_URL: undefined };

/** Starts a server with all services, and resolves once it is ready. */
export async function startStandalone(settings: Settings = {}): Promise<Standalone> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const [port, operationsPort] = [await reserveFreePort(), await reserveFreePort()];
  const url = `http://localhost:${port}`;
  const operations = `http://localhost:${operationsPort}`;
  const env = {
    ...process.env,
    ...SETTINGS_WITHOUT_SERVERS,
    ...HIGH_LIMIT_SETTINGS,
    ...CHEAP_HASH_SETTINGS,
    PORT: String(port),
    OPERATIONS_PORT: String(operationsPort),
    DATA_DIR: folder,
    LOG_LEVEL: 'info',
    ...settings,
  };
  const server = createServerProcess({ url, operations, words: [STANDALONE_PATH], env });
  async function start(): Promise<void> {
    server.launch();
    await server.ready();
  }

  await start();
  return {
    url,
    operations,
    mailbox: `${url}/mailbox`,
    folder,
    output: server.output,
    ops: createInProcessOpsRunner({ ...CHEAP_HASH_SETTINGS, DATA_DIR: folder, ...settings }),
    kill: async () => void (await server.end('SIGKILL')),
    end: () => server.end('SIGTERM'),
    start,
    stop: async () => {
      await server.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface ExitedProcess {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const { PATH, NODE_COMPILE_CACHE } = process.env;
const LONGEST_RUN_MS = 300_000;

/** Runs a server with all services, or the command in `ops`, until it exits. */
export async function runUntilExit(
  settings: Settings,
  options: { readonly ops?: readonly string[] } & Privileges = {},
): Promise<ExitedProcess> {
  const { ops, ...privileges } = options;
  return await runProgram(ops === undefined ? [STANDALONE_PATH] : [OPS_PATH, ...ops], settings, privileges);
}

interface Privileges {
  /**
   * Set to false to test file modes as root: the process then obeys them. Default: true, so that root may
   * write to any file as usual.
   */
  readonly mayWriteAnywhere?: boolean;
}

/**
 * The beginning of a command line that runs a command without the capability by which root may write to any file.
 * Root can still read any file, so that the program can be loaded from any folder.
 */
const WITHOUT_OVERRIDE = ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'];

/** Runs one of our programs with the given settings and no others, until the program exits. */
export async function runProgram(
  words: readonly string[],
  settings: Settings,
  { mayWriteAnywhere = true }: Privileges = {},
): Promise<ExitedProcess> {
  const isRoot = process.getuid?.() === 0;
  const [program = '', ...rest] = [
    ...(isRoot && !mayWriteAnywhere ? WITHOUT_OVERRIDE : []),
    process.execPath,
    ...words,
  ];
  const child = spawn(program, rest, {
    env: { PATH, NODE_COMPILE_CACHE, PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_RUN_MS,
    killSignal: 'SIGKILL',
  });
  killWhenTestEnds(child);
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, stdout, stderr };
}
