/**
 * Compares the event schemas and the OpenAPI document with those of the last release. Fails if a change is incompatible
 * (see CONTRIBUTING.md) and schemas/accepted.json does not list it. The schemas of the last release come from its git
 * tag or, in a clone without tags, from schemas/released.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { removeAcceptedIncompatibilities } from './schemas/accepted.ts';
import { findIncompatibleSchemaChanges } from './schemas/compare.ts';
import { findIncompatibleOpenApiChanges, type OpenApiDocument } from './schemas/openapi.ts';
import type { ComparedSchema } from './schemas/schema.ts';

const ROOT = join(import.meta.dirname, '..');
const EVENTS = 'docs/events';
const OPENAPI = 'docs/openapi.json';

interface Release {
  readonly name: string;
  /** The file names of the event schemas. */
  readonly events: readonly string[];
  readEvent(file: string): ComparedSchema;
  readOpenApi(): OpenApiDocument;
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

/** Returns the latest release that is tagged in the history of HEAD; undefined in a clone without tags. */
function tagged(): Release | undefined {
  const [tag] = git('tag', '--merged', 'HEAD', '--list', 'v[0-9]*', '--sort=-version:refname').split('\n');
  if (tag === undefined || tag === '') return undefined;
  function show<T>(file: string): T {
    return JSON.parse(git('show', `${tag}:${file}`));
  }
  return {
    name: tag,
    events: git('ls-tree', '--name-only', tag, `${EVENTS}/`)
      .split('\n')
      .filter((file) => file.endsWith('.schema.json'))
      .map((file) => basename(file)),
    readEvent: (file) => show(`${EVENTS}/${file}`),
    readOpenApi: () => show(OPENAPI),
  };
}

const copies: Release = {
  name: 'schemas/released',
  events: globSync('schemas/released/events/*.schema.json', { cwd: ROOT }).map((file) => basename(file)),
  readEvent: (file) => readJson(`schemas/released/events/${file}`),
  readOpenApi: () => readJson('schemas/released/openapi.json'),
};

function documentOf(schema: ComparedSchema) {
  return { schema, resolve: (): ComparedSchema => ({}) };
}

const release = tagged() ?? copies;
const today = new Set(globSync(`${EVENTS}/*.schema.json`, { cwd: ROOT }).map((file) => basename(file)));
// Event schemas must be compatible in both directions: consumers of the last release must be able to read new events,
// and the current code must be able to read old events.
const both = { reads: true, writes: true };
const faults = [
  ...release.events.flatMap((file) => {
    const name = file.replace('.schema.json', '');
    if (!today.has(file)) return [`${name}: the event is gone`];
    const [before, after] = [documentOf(release.readEvent(file)), documentOf(readJson(`${EVENTS}/${file}`))];
    return findIncompatibleSchemaChanges(before, after, both, name);
  }),
  ...findIncompatibleOpenApiChanges(release.readOpenApi(), readJson(OPENAPI)),
];
const refused = removeAcceptedIncompatibilities(faults, readJson('schemas/accepted.json'));
for (const fault of refused) console.error(fault);
if (refused.length > 0) {
  console.error(
    `These changes break programs that use ${release.name}. For an event, add a version (CONTRIBUTING.md). To accept a change, add the line with a reason to schemas/accepted.json.`,
  );
  process.exitCode = 1;
}
