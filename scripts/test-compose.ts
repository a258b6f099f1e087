/**
 * `npm run test:compose`: tests the gateway's configuration in the nginx that is installed on this machine. Also tests
 * the whole docker-compose.yml, under a separate project name and on separate ports. First prints the versions of these
 * programs and images.
 */
import { spawnSync } from 'node:child_process';
import { runSuites } from './run-suites.ts';

/**
 * Runs a program.
 * @returns its output; undefined if the program failed
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
 * Returns the versions of the programs that the compose tests need.
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

/**
 * Returns the images of the servers in docker-compose.yml, each with the beginning of its id, because a tag can refer
 * to different images over time.
 */
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
  // Run one test file at a time: several systems at the same time would slow each other down.
  process.exitCode = await runSuites({ files: ['test/compose/*.e2e.ts'], concurrency: 1, share: false });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
