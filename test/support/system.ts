/**
 * The system under test, known by its addresses alone. By default a standalone of its own, on a free port and
 * an empty data folder; with LATCHKEY_URL and MAILBOX_URL given, whatever runs there.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'deploy/standalone/src/main.ts');
const OPS = join(ROOT, 'deploy/ops/src/main.ts');

export interface System {
  /** Everything below it is the API. */
  readonly url: string;
  /** Where Mailpit's paths are. */
  readonly mailbox: string;
  readonly folder: string;
  /** What it has printed so far. */
  output(): string;
  /** Runs an ops command. @returns what it printed; rejects if it failed. */
  ops(...words: readonly string[]): Promise<string>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to end, as Ctrl-C does. @returns its exit code; the folder stays. */
  end(): Promise<number | null>;
  /** Starts it again on the same folder and port. */
  start(): Promise<void>;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export type Settings = Readonly<Record<string, string>>;

/** Limits that a whole journey from one IP stays below. */
const ROOMY: Settings = {
  LIMIT_MAIL_REQUESTS_PER_IP: '10000',
  LIMIT_SIGNUPS_PER_IP: '10000',
  LIMIT_MAILS_PER_ADDRESS: '100',
};

/** A standalone of one's own, ready to answer. */
export async function startStandalone(settings: Settings = {}): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = {
    ...process.env,
    ...ROOMY,
    PORT: String(port),
    DATA_DIR: folder,
    LOG_LEVEL: 'info',
    ...settings,
  };
  let child: ChildProcess | undefined;
  let printed = '';

  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (text) => (printed += String(text)));
    await eventually(`the server at ${url} is ready`, async () => {
      if (started.exitCode !== null) throw new Error(`it ended with ${started.exitCode}:\n${printed}`);
      const answer = await fetch(`${url}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    });
  };

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
    return child.exitCode;
  };

  await start();
  return {
    url,
    mailbox: `${url}/mailbox`,
    folder,
    output: () => printed,
    ops: async (...words) => {
      const { stdout } = await promisify(execFile)(process.execPath, [OPS, ...words], { env });
      return stdout;
    },
    kill: async () => void (await end('SIGKILL')),
    end: () => end('SIGTERM'),
    start,
    stop: async () => {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST_RUN_MS = 20_000;

/** Runs a standalone, or with `ops` a command, that is expected to end by itself. */
export async function runToEnd(
  settings: Settings,
  options: { readonly ops?: readonly string[]; readonly uid?: number } = {},
): Promise<Ended> {
  const { ops, ...identity } = options;
  const args = ops === undefined ? [MAIN] : [OPS, ...ops];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_RUN_MS,
    killSignal: 'SIGKILL',
    ...identity,
  });
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, stdout, stderr };
}

const PORTS = { from: 20_000, to: 30_000 };

/** A port that stays free until somebody asks for it: below those that systems give to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer().listen(port, '127.0.0.1');
    const listening = await once(server, 'listening').catch(() => undefined);
    if (listening === undefined) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
