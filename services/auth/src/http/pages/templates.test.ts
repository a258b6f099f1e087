import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Liquid } from 'liquidjs';
import { loadPageTemplates } from './templates.ts';

describe('templates', () => {
  it('can all be parsed', async () => {
    const folder = join(import.meta.dirname, 'templates');
    for (const file of await readdir(folder)) {
      assert.ok(
        new Liquid({ strictFilters: true }).parse(await readFile(join(folder, file), 'utf8')).length > 0,
        file,
      );
    }
  });

  it('escape every value', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'templates-'));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'message.liquid'), '<p>{{ title }}</p>');
    assert.equal(loadPageTemplates(folder).render('message', { title: '<' }), '<p>&lt;</p>');
  });

  it('do not render an unknown variable as empty', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'templates-'));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'message.liquid'), '{{ tilte }}');
    assert.throws(
      () => loadPageTemplates(folder).render('message', { title: 'x' }),
      /undefined variable: tilte/,
    );
  });
});
