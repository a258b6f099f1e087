/**
 * `npm run images`: looks up the current digests of all images that the Dockerfile and the compose files name. Writes
 * the digests to deploy/images.env, with one line `NAME_IMAGE=name:tag@sha256:…` per image. To use this file: `docker
 * compose --env-file deploy/images.env`.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchImageDigest, parseImageReference } from './image-digests.ts';

const root = join(import.meta.dirname, '..');
const files = globSync(['docker-compose.yml', 'deploy/compose*.yml'], { cwd: root });

/** Matches an environment variable whose default is an image, for example `${KAFKA_IMAGE:-apache/kafka:4.3.1}`. */
const NAMED = /\$\{(\w+_IMAGE):-([^}]+)\}/g;
const images = new Map(
  files
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(NAMED)])
    .map(([, name = '', reference = '']) => [name, reference]),
);

try {
  const lines: string[] = [];
  for (const [name, reference] of [...images].toSorted())
    lines.push(`${name}=${reference}@${await fetchImageDigest(parseImageReference(reference))}`);
  writeFileSync(join(root, 'deploy/images.env'), `${lines.join('\n')}\n`);
  console.log(lines.join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
