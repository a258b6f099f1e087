/**
 * Generates files from the declarations of the events: a JSON Schema per event and the AsyncAPI document in
 * `docs/events/`, the tables in `docs/events.md`, and frozen samples for versions that do not have any yet.
 * With `--check`, this script writes nothing, but lists the files that are out of date, and exits with code 1
 * if any file is out of date.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { asyncApiDocument, eventJsonSchema } from '../src/index.ts';
import { updateEventTables } from './event-table.ts';
import { eventTypesWithVersions, findMissingSampleFiles } from './frozen-samples.ts';

const root = new URL('../../../', import.meta.url);
const schemas = new URL('docs/events/', root);

function json(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** Returns the required text of each generated file, by path; undefined for a file that must be deleted. */
function wantedFiles(): ReadonlyMap<string, string | undefined> {
  const present = readdirSync(schemas).filter((name) => name.endsWith('.json'));
  return new Map<string, string | undefined>([
    ...present.map((name): [string, undefined] => [`docs/events/${name}`, undefined]),
    ['docs/events/asyncapi.json', json(asyncApiDocument())],
    ...eventTypesWithVersions.map(([type, version]): [string, string] => [
      `docs/events/${type}.v${version}.schema.json`,
      json(eventJsonSchema(type)),
    ]),
    ['docs/events.md', updateEventTables(read('docs/events.md'))],
    ...findMissingSampleFiles(),
  ]);
}

function contentOf(path: string): string | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

mkdirSync(schemas, { recursive: true });
const different = [...wantedFiles()].filter(([path, text]) => contentOf(path) !== text);

if (process.argv.includes('--check')) {
  for (const [path] of different) console.error(`${path} is out of date: npm run docs`);
  process.exitCode = different.length === 0 ? 0 : 1;
} else {
  for (const [path, text] of different) {
    if (text === undefined) rmSync(new URL(path, root));
    else writeFileSync(new URL(path, root), text);
  }
}
