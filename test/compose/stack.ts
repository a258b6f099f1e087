/** Runs docker-compose.yml under its own project name and on its own ports. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import type { ServiceName } from '../support/cluster.ts';
import { HIGH_LIMIT_SETTINGS, SHORT_LIFETIME_SETTINGS } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVICES = ['auth', 'user', 'notifier'] as const;
const LONGEST_COMMAND_MS = 600_000;
/** How many of the newest warnings and errors of the services are printed after a failed test run. */
const PRINTED_WARNINGS = 60;

/** The shortest session timeout that a broker accepts by default. */
const KAFKA_SESSION_SECONDS = '6';

/** The only origin whose pages may call the API (CORS). */
export const ALLOWED_PAGE_ORIGIN = 'https://app.example.com';

export interface Readiness {
  readonly state: string;
  readonly dependencies: readonly { readonly name: string; readonly state: string }[];
}

/** The part of the output of `docker inspect` that tests use. */
export interface DockerContainer {
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
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string; readonly Log: readonly unknown[] };
  };
}

export interface ComposeStack {
  readonly url: string;
  readonly mailbox: string;
  readonly ports: Readonly<Record<string, string>>;
  /**
   * Runs `docker compose` with the given arguments.
   * @returns its output; rejects if it failed
   */
  compose(...words: readonly string[]): Promise<string>;
  /** Starts the named Compose services, without the services that they depend on. */
  start(...services: readonly string[]): Promise<void>;
  /** Returns what a service reports at /readyz; undefined if the service does not respond. */
  readyz(service: ServiceName): Promise<Readiness | undefined>;
  /** Returns the logs of the given services, or of all services if none is given. */
  logs(...services: readonly string[]): Promise<string>;
  inspect(...services: readonly string[]): Promise<readonly DockerContainer[]>;
  /**
   * Runs a test file of `test/` against the stack. If the run fails, its output also contains the newest warnings and
   * errors of the services.
   * @param instances the number of processes to run of each service
   */
  runTestFile(
    file: string,
    instances: number,
  ): Promise<{ readonly code: number | null; readonly output: string }>;
  /** Removes the containers of the stack and all of their data. */
  down(): Promise<void>;
}

export function getServiceOfContainer({ Config }: DockerContainer): string {
  return Config.Labels['com.docker.compose.service'] ?? '';
}

export interface StackOptions {
  /** The paths of Compose files to use in addition to docker-compose.yml, relative to the root of the repository. */
  readonly overlays?: readonly string[];
  readonly profiles?: readonly string[];
  /** Arguments of `docker compose` that run an ops command. By default, they run it in the container of auth. */
  readonly ops?: string;
}

/** Prepares a Compose stack without starting its containers. */
export async function createComposeStack({
  overlays = [],
  profiles = [],
  ops = 'exec -T auth node programs/ops.js',
}: StackOptions = {}): Promise<ComposeStack> {
  const project = `latchkey-test-${randomBytes(4).toString('hex')}`;
  const ports = await freePorts(profiles);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...HIGH_LIMIT_SETTINGS,
    ...SHORT_LIFETIME_SETTINGS,
    KAFKA_SESSION_SECONDS,
    ...ports,
    CORS_ORIGINS: ALLOWED_PAGE_ORIGIN,
    COMPOSE_PROFILES: profiles.join(','),
  };
  // Unset NODE_TEST_CONTEXT: otherwise a test runner that the stack starts would report its results to the current test
  // runner.
  delete env['NODE_TEST_CONTEXT'];
  // Pass an empty environment file, because Compose would otherwise read the .env of the checkout.
  const words = [
    ...['compose', '--project-name', project, '--env-file', '/dev/null', '--progress', 'quiet'],
    ...['docker-compose.yml', ...overlays].flatMap((file) => ['--file', file]),
  ];
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
  const run: ComposeStack['compose'] = (...rest) => docker(...words, ...rest);
  const compose: ComposeStack['compose'] = async (...rest) => {
    try {
      return await run(...rest);
    } catch (error) {
      throw new Error(`docker compose failed; unhealthy containers: ${await unhealthy()}`, { cause: error });
    }
  };
  async function inspect(services: readonly string[]): Promise<readonly DockerContainer[]> {
    const ids = (await run('ps', '--all', '--quiet', ...services)).split('\n').filter((id) => id !== '');
    return ids.length === 0 ? [] : JSON.parse(await docker('inspect', ...ids));
  }
  /** Returns a description of the last health checks of each container that is not healthy. */
  async function unhealthy(): Promise<string> {
    const containers = await inspect([]);
    const failed = containers.filter(({ State }) => State.Health && State.Health.Status !== 'healthy');
    return JSON.stringify(
      failed.map((each) => [getServiceOfContainer(each), each.State.Health]),
      undefined,
      2,
    );
  }
  /** Returns the newest warnings and errors of the services, one log line each. */
  async function readWarnings(): Promise<string> {
    const lines = (await run('logs', '--no-color', ...SERVICES)).split('\n');
    const warnings = lines.filter((line) => /"level":"(?:warn|error|fatal)"/.test(line));
    return ['', 'Warnings and errors of the services:', ...warnings.slice(-PRINTED_WARNINGS), ''].join('\n');
  }
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
      const ask = `fetch('http://127.0.0.1:9090/readyz').then((answer) => answer.text()).then(console.log)`;
      const answer = await run('exec', '--no-TTY', service, 'node', '-e', ask).catch(() => undefined);
      return answer === undefined ? undefined : JSON.parse(answer);
    },
    logs: (...services) => compose('logs', '--no-color', '--no-log-prefix', ...services),
    inspect: (...services) => inspect(services),
    runTestFile: async (file, instances) => {
      const scale = SERVICES.map((service) => `--scale ${service}=${instances}`).join(' ');
      const child = spawn(process.execPath, ['--test', join(import.meta.dirname, '..', file)], {
        cwd: ROOT,
        env: {
          ...env,
          LATCHKEY_URL: url,
          MAILBOX_URL: mailbox,
          LATCHKEY_OPS: `${command} ${ops}`,
          LATCHKEY_KILL: `${command} kill ${SERVICES.join(' ')}`,
          LATCHKEY_START: `${command} up --wait --no-deps --no-recreate ${scale} ${SERVICES.join(' ')}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: LONGEST_COMMAND_MS,
      });
      const ended = once(child, 'close');
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      await ended;
      const warnings = child.exitCode === 0 ? '' : await readWarnings();
      return { code: child.exitCode, output: out + err + warnings };
    },
    down: async () =>
      void (await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5')),
  };
}

async function freePorts(profiles: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const names = [
    ...['GATEWAY_PORT', 'KAFKA_UI_PORT', 'MAILPIT_PORT', 'KAFKA_PORT', 'MONGO_PORT'],
    ...(profiles.includes('books') ? ['BOOKS_PORT'] : []),
  ];
  const ports: Record<string, string> = {};
  for (const name of names) ports[name] = String(await reserveFreePort());
  return ports;
}
