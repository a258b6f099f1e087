/**
 * Tests that the container image contains every workspace that its programs import. The test reads the Dockerfile
 * instead of running `docker build`, which takes minutes.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const dockerfile = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifests = new Map<string, { readonly folder: string; readonly manifest: Manifest }>(
  globSync('{libs,services,apps,examples}/*/package.json', { cwd: root }).map((path) => {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, path), 'utf8'));
    return [manifest.name, { folder: dirname(path), manifest }];
  }),
);

/** Returns the folders of a workspace and of all workspaces that it depends on, directly or indirectly. */
function foldersOf(name: string, seen = new Set<string>()): ReadonlySet<string> {
  const found = manifests.get(name);
  if (found === undefined || seen.has(found.folder)) return seen;
  seen.add(found.folder);
  for (const dependency of Object.keys(found.manifest.dependencies ?? {})) foldersOf(dependency, seen);
  return seen;
}

test('the Dockerfile copies the manifest of every workspace that it installs', () => {
  const installed = [...dockerfile.matchAll(/--workspace=(\S+)/g)].map(([, folder]) => folder);
  const needed = new Set<string>();
  for (const [name, { folder }] of manifests) if (installed.includes(folder)) foldersOf(name, needed);
  const copied = [...dockerfile.matchAll(/^COPY (\S+)\/package\.json /gm)].map(([, folder]) => folder);
  assert.ok(needed.size > 4);
  assert.deepEqual(copied.toSorted(), [...needed].toSorted());
});

test('the image has every bundle that a compose file starts', () => {
  const [, bundled = ''] = /bundle\.ts programs (.*) \\/.exec(dockerfile) ?? [];
  const programs = bundled.split(' ').map((workspace) => `programs/${basename(workspace)}.js`);
  const started = ['docker-compose.yml', 'deploy/compose.secure.yml', 'deploy/Dockerfile'].flatMap(
    (file) => readFileSync(join(root, file), 'utf8').match(/\bprograms\/\w+\.js/g) ?? [],
  );
  assert.deepEqual([...new Set(started)].toSorted(), programs.toSorted());
});
