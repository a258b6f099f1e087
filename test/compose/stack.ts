/** docker-compose.yml brought up under a name and on ports of its own. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { ROOMY, SHORT_WAITS } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVICES = ['auth', 'user', 'notifier'] as const;
const LONGEST_COMMAND_MS = 300_000;

/** The shortest that a broker accepts by default. */
const KAFKA_SESSION_SECONDS = '6';

/** Whose pages may call. */
export const PAGE = 'https://app.example.com';

export interface Readiness {
  readonly state: string;
  readonly dependencies: readonly { readonly name: string; readonly state: string }[];
}

/** Of what `docker inspect` says, what tests look at. */
export interface Container {
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly Privileged: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    >;
  };
  readonly State: { readonly Status: string; readonly ExitCode: number };
}

export interface Stack {
  readonly url: string;
  readonly mailbox: string;
  readonly ports: Readonly<Record<string, string>>;
  /** `docker compose` with these words. @returns what it printed; rejects if it failed. */
  compose(...words: readonly string[]): Promise<string>;
  /** Starts these, and nothing that they would wait for. */
  start(...services: readonly string[]): Promise<void>;
  /** What a service says of itself at /readyz, undefined where it does not answer. */
  readyz(service: keyof typeof PORTS_INSIDE): Promise<Readiness | undefined>;
  /** All that has been logged, of one service or of all. */
  logs(...services: readonly string[]): Promise<string>;
  inspect(...services: readonly string[]): Promise<readonly Container[]>;
  /** Runs a test file of this folder's parent against it, with so many instances of each service. */
  passes(file: string, instances: number): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Ends it, and deletes all that it has stored. */
  down(): Promise<void>;
}

const PORTS_INSIDE = { auth: 8081, user: 8082, notifier: 8083 } as const;

export function serviceOf({ Config }: Container): string {
  return Config.Labels['com.docker.compose.service'] ?? '';
}

/** Nothing runs yet. */
export async function createStack(): Promise<Stack> {
  const project = `latchkey-test-${randomBytes(4).toString('hex')}`;
  const ports = await freePorts();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...ROOMY,
    ...SHORT_WAITS,
    KAFKA_SESSION_SECONDS,
    ...ports,
    CORS_ORIGINS: PAGE,
  };
  // A test of its own inside would otherwise report to the one around it.
  delete env['NODE_TEST_CONTEXT'];
  // No .env of the checkout.
  const words = ['compose', '--project-name', project, '--env-file', '/dev/null', '--progress', 'quiet'];
  const command = ['docker', ...words].join(' ');
  async function docker(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('docker', args, {
      cwd: ROOT,
      env,
      timeout: LONGEST_COMMAND_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }
  const compose: Stack['compose'] = (...rest) => docker(...words, ...rest);
  const url = `http://localhost:${ports['GATEWAY_PORT']}`;
  const mailbox = `http://localhost:${ports['MAILPIT_PORT']}`;

  return {
    url,
    mailbox,
    ports,
    compose,
    start: async (...services) =>
      void (await compose('up', '--detach', '--no-deps', '--no-recreate', ...services)),
    readyz: async (service) => {
      const ask = `fetch('http://127.0.0.1:${PORTS_INSIDE[service]}/readyz').then((answer) => answer.text()).then(console.log)`;
      const answer = await compose('exec', '--no-TTY', service, 'node', '-e', ask).catch(() => undefined);
      return answer === undefined ? undefined : JSON.parse(answer);
    },
    logs: (...services) => compose('logs', '--no-color', '--no-log-prefix', ...services),
    inspect: async (...services) => {
      const ids = (await compose('ps', '--all', '--quiet', ...services))
        .split('\n')
        .filter((id) => id !== '');
      return JSON.parse(await docker('inspect', ...ids));
    },
    passes: async (file, instances) => {
      const scale = SERVICES.map((service) => `--scale ${service}=${instances}`).join(' ');
      const child = spawn(process.execPath, ['--test', join(import.meta.dirname, '..', file)], {
        cwd: ROOT,
        env: {
          ...env,
          LATCHKEY_URL: url,
          MAILBOX_URL: mailbox,
          LATCHKEY_OPS: `${command} exec -T auth node apps/ops/src/main.ts`,
          LATCHKEY_KILL: `${command} kill ${SERVICES.join(' ')}`,
          LATCHKEY_START: `${command} up --wait --no-deps --no-recreate ${scale} ${SERVICES.join(' ')}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: LONGEST_COMMAND_MS,
      });
      const ended = once(child, 'close');
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      await ended;
      return { code: child.exitCode, output: out + err };
    },
    down: async () =>
      void (await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5')),
  };
}

async function freePorts(): Promise<Readonly<Record<string, string>>> {
  const names = ['GATEWAY_PORT', 'KAFKA_UI_PORT', 'MAILPIT_PORT', 'KAFKA_PORT', 'MONGO_PORT'];
  const ports: Record<string, string> = {};
  for (const name of names) ports[name] = String(await freePort());
  return ports;
}
