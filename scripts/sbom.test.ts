import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSbom } from './sbom.ts';

test('a component has what scanners look for', () => {
  const packages = {
    '': { version: '1.0.0' },
    'libs/a': { version: '1.0.0' },
    'node_modules/@latchkey/a': { link: true },
    'node_modules/@koa/cors': { version: '5.0.0', license: 'MIT', integrity: 'sha512-AAH/' },
    'node_modules/typescript': { version: '6.0.3', dev: true },
    'node_modules/@koa/cors/node_modules/vary': { version: '1.1.2' },
  };
  assert.deepEqual(createSbom({ name: 'latchkey', packages }, '0.1.0').components, [
    {
      type: 'library',
      'bom-ref': 'pkg:npm/%40koa/cors@5.0.0',
      name: '@koa/cors',
      version: '5.0.0',
      purl: 'pkg:npm/%40koa/cors@5.0.0',
      hashes: [{ alg: 'SHA-512', content: '0001ff' }],
      licenses: [{ expression: 'MIT' }],
    },
    {
      type: 'library',
      'bom-ref': 'pkg:npm/vary@1.1.2',
      name: 'vary',
      version: '1.1.2',
      purl: 'pkg:npm/vary@1.1.2',
    },
  ]);
});

test('our SBOM has every driver, and nothing that only development needs', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8'));
  const { components } = createSbom(lock, '0.1.0');
  const names = new Set(components.map(({ name }) => name));
  for (const name of ['kafkajs', 'mongodb', '@node-rs/argon2', 'nodemailer', 'jose', 'zod', 'koa'])
    assert.ok(names.has(name), name);
  for (const name of ['typescript', 'jsonwebtoken', '@biomejs/biome', 'fast-check', 'playwright-core'])
    assert.ok(!names.has(name), name);
  for (const { name, version, hashes } of components) assert.ok(hashes, `${name}@${version} has no hash`);
});
