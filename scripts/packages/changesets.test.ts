/**
 * Tests the changesets, which are the files that describe the changes of the published packages (CONTRIBUTING.md, "A
 * published package").
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { packageDocuments } from './documents.ts';

const root = resolve(import.meta.dirname, '../..');
const published = Object.keys(packageDocuments).map(
  (workspace) => `@latchkey/${workspace.slice('libs/'.length)}`,
);

test('the published packages share one version, and no other package is released', () => {
  const { fixed, ignore } = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8'));
  assert.deepEqual(fixed, [published]);
  const names = published.map((name) => name.replace('@latchkey/', ''));
  assert.deepEqual(ignore, [`@latchkey/!(${names.join('|')})`]);
});

test('a changeset names published packages, and says what has changed', () => {
  for (const file of globSync('.changeset/*.md', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    const [, heading = '', change = ''] = /^---\n([\s\S]+?)\n---\n\n([\s\S]+)$/.exec(text) ?? [];
    const lines = heading.split('\n').map((line) => /^'(.+)': (?:major|minor|patch)$/.exec(line)?.[1]);
    for (const name of lines)
      assert.ok(name !== undefined && published.includes(name), `${file}: ${heading}`);
    assert.notEqual(change.trim(), '', file);
  }
});
