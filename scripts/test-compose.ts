/**
 * `npm run test:compose`: tests the gateway's configuration in the nginx of this machine, and docker-compose.yml as a
 * whole, under its own project name and on its own ports. First prints the versions of the programs and images.
 */
import { spawnSync } from 'node:child_process';
import { runSuites } from './run-suites.ts';

/**
 * Runs a program.
 * @returns its output; undefined if it failed
 */
function outputOf(command: string, ...words: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  return status === 0 ? (stdout + stderr).trim() : undefined;
}

interface Programs {
  readonly engine: string;
  readonly compose: string;
  readonly nginx: string;
}

/**
 * Returns the versions of the required programs.
 * @throws Error that names all missing programs
 */
function programs(): Programs {
  const engine = outputOf('docker', 'version', '--format', '{{.Server.Version}}');
  const compose = outputOf('docker', 'compose', 'version', '--short');
  const nginx = outputOf('nginx', '-v');
  const missing = [
    engine ? [] : ['a Docker engine that runs and that you may use'],
    compose ? [] : ['Docker Compose 2'],
    nginx ? [] : ['nginx (apt-get install nginx-light)'],
  ].flat();
  if (!engine || !compose || !nginx) throw new Error(`test:compose needs ${missing.join(', ')}`);
  return { engine, compose, nginx: nginx.replace(/^.*\//, '') };
}

/** Returns the server images with the beginning of their ids, because a tag can refer to different images over time. */
function servers(): readonly string[] {
  const listed = outputOf('docker', 'compose', '--env-file', '/dev/null', 'config', '--images') ?? '';
  const images = [...new Set(listed.split('\n'))].filter((name) => name.includes(':')).sort();
  return images.map((name) => {
    const id = outputOf('docker', 'image', 'inspect', '--format', '{{.Id}}', name);
    return `${name} (${id?.slice(7, 19) ?? 'not here'})`;
  });
}

try {
  const { engine, compose, nginx } = programs();
  console.log(`Runs on
  Docker    engine ${engine}, Compose ${compose}
  images    ${servers().join('\n            ')}
  nginx     ${nginx}, for the tests of the gateway alone
  journey   through the gateway, on one and on two containers of each service
  outages   of Kafka, MongoDB and the mail server at the start
`);
  // Runs one file at a time, so that each has the machine to itself.
  process.exitCode = await runSuites({ files: ['test/compose/*.e2e.ts'], concurrency: 1, share: false });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
