import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadPageTemplates } from './templates.ts';

describe('templates', () => {
  it('with a fault are detected at the start, not by a reader', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'templates-'));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'message.liquid'), '<p>{{ title }}</p>');
    assert.equal(loadPageTemplates(folder).render('message', { title: '<' }), '<p>&lt;</p>');
    await writeFile(join(folder, 'layout.liquid'), '{% if title %}');
    assert.throws(() => loadPageTemplates(folder), /tag \{% if title %\} not closed/);
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
