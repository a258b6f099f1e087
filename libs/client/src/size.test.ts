import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

test('is smaller than 6 kB, with its only dependency', () => {
  const folder = new URL('./', import.meta.url);
  const own = readdirSync(folder)
    .filter((name) => /^[^.]+\.ts$/.test(name))
    .map((name) => stripTypeScriptTypes(readFileSync(new URL(name, folder), 'utf8')));
  const dependency = readFileSync(new URL(import.meta.resolve('openapi-fetch')), 'utf8');
  const text = [...own, dependency].map(withoutSpaces).join('\n');
  const { length } = gzipSync(text, { level: 9 });
  assert.ok(length < 6_000, `${length} bytes`);
});

/** Removes comments and spaces, as bundlers do. Bundlers also shorten names. */
function withoutSpaces(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\s*([{}();,:=?&|+])\s*/g, '$1')
    .replaceAll(/\s+/g, ' ');
}
