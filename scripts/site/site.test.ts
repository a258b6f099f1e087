import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AsyncApiDocument, renderEventReference } from './event-reference.ts';
import { type OpenApiDocument, renderHttpReference } from './http-reference.ts';
import { rewriteLinks, toHeadingAnchor } from './links.ts';
import { findFilesWithoutPage, REPOSITORY_ROOT, sitePages } from './pages.ts';
import { renderFieldTable } from './schema-table.ts';

function readText(path: string): string {
  return readFileSync(join(REPOSITORY_ROOT, path), 'utf8');
}

function openApi(): OpenApiDocument {
  return JSON.parse(readText('docs/openapi.json'));
}

function asyncApi(): AsyncApiDocument {
  return JSON.parse(readText('docs/events/asyncapi.json'));
}

test('every Markdown file of docs/ has one page, at an address of its own', () => {
  assert.deepEqual(findFilesWithoutPage(), []);
  assert.equal(new Set(sitePages.map(({ address }) => address)).size, sitePages.length);
});

test('a link to a file with a page leads to that page, with its anchor', () => {
  assert.equal(
    rewriteLinks('[steps](../operating.md#watching), [all](README.md)', 'docs/adr/0001-x.md'),
    '[steps](/how-to/operate#watching), [all](/explanation/decisions/)',
  );
  assert.equal(rewriteLinks('[below](#topics)', 'docs/subscribing.md'), '[below](/how-to/subscribe#topics)');
});

test('a link to a file that the site serves leads to that file', () => {
  assert.equal(
    rewriteLinks('![page](images/client.png) [OpenAPI](openapi.json)', 'docs/api.md'),
    '![page](/images/client.png) [OpenAPI](/openapi.json)',
  );
});

test('a link to any other file of the repository becomes its path', () => {
  assert.equal(
    rewriteLinks('[License](LICENSE), [`test/x.ts`](test/x.ts)', 'README.md'),
    'License (`LICENSE`), `test/x.ts`',
  );
});

test('code blocks and links to other sites stay as they are', () => {
  const text = '```ts\n[a](b.md)\n```\n[site](https://example.com)';
  assert.equal(rewriteLinks(text, 'README.md'), text);
});

test('no page of the site has a relative link', () => {
  for (const { source } of sitePages) {
    const text = rewriteLinks(readText(source), source).replace(/^ *```[\s\S]*?^ *```/gm, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    assert.deepEqual(
      targets.filter((target) => !/^(\/|[a-z]+:)/.test(target)),
      [],
      source,
    );
  }
});

test('anchors follow the rule of GitHub', () => {
  assert.equal(toHeadingAnchor('What a `consumer` must do, and why'), 'what-a-consumer-must-do-and-why');
});

test('nested fields are listed by their path', () => {
  const table = renderFieldTable({
    type: 'object',
    properties: {
      users: {
        type: 'array',
        items: { type: 'object', properties: { role: { enum: ['user', 'admin'] } }, required: ['role'] },
      },
      next: { type: ['string', 'null'], maxLength: 9, description: 'Where to continue.' },
    },
    required: ['users'],
  });
  assert.deepEqual(table.split('\n').slice(2), [
    '| `users` | array of object | yes |  |',
    '| `users[].role` | `user`, `admin` | yes |  |',
    '| `next` | string or null |  | Where to continue. At most 9 characters. |',
  ]);
});

test('the HTTP reference has every operation of the OpenAPI document once', () => {
  const document = openApi();
  const text = renderHttpReference(document)
    .map(({ markdown }) => markdown)
    .join('\n');
  for (const [path, methods] of Object.entries(document.paths))
    for (const method of Object.keys(methods))
      assert.equal(text.split(`\`${method.toUpperCase()} ${path}\``).length, 2, `${method} ${path}`);
});

test('the event reference has every event of the AsyncAPI document, with a sample', () => {
  const document = asyncApi();
  const text = renderEventReference(document, (event, version) => ({ sample: `${event} ${version}` }));
  for (const name of Object.keys(document.components.messages)) {
    assert.ok(text.includes(`## ${name}\n`), name);
    assert.match(text, new RegExp(`"sample": "${name} \\d+"`));
  }
});
