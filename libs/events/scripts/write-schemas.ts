/**
 * Writes the descriptions of the events to docs/events: a JSON Schema per event and the AsyncAPI document.
 * With `--check` it writes nothing, names what differs, and exits with 1 if anything does.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { asyncApiDocument, catalogue, eventJsonSchema, eventTypes } from '../src/index.ts';

const folder = new URL('../../../docs/events/', import.meta.url);

function text(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const wanted: ReadonlyMap<string, string> = new Map([
  ['asyncapi.json', text(asyncApiDocument())],
  ...eventTypes.map((type): [string, string] => [
    `${type}.v${catalogue[type].version}.schema.json`,
    text(eventJsonSchema(type)),
  ]),
]);

mkdirSync(folder, { recursive: true });
const present = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);
const names = [...new Set([...wanted.keys(), ...present.keys()])].sort();
const different = names.filter((name) => wanted.get(name) !== present.get(name));

if (process.argv.includes('--check')) {
  for (const name of different)
    console.error(`docs/events/${name} is not what the code says: npm run -w @latchkey/events docs`);
  process.exitCode = different.length === 0 ? 0 : 1;
} else {
  for (const name of different) {
    const content = wanted.get(name);
    if (content === undefined) rmSync(new URL(name, folder));
    else writeFileSync(new URL(name, folder), content);
  }
}
