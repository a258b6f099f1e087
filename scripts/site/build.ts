/**
 * `npm run docs:build`: builds the documentation site in docs/dist/site. The script first copies each page to
 * docs/dist/pages, under the path that the page has on the site. It also generates the reference pages there, from
 * docs/openapi.json and docs/events/asyncapi.json. The network is needed only for the first build, which installs the
 * tools of docs/package.json.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderEventReference } from './event-reference.ts';
import { renderHttpReference } from './http-reference.ts';
import { copiedSiteFiles, rewriteLinks } from './links.ts';
import {
  EVENT_REFERENCE_PATH,
  HTTP_REFERENCE_PATH,
  REPOSITORY_ROOT,
  sitePages,
  siteSections,
} from './pages.ts';

const DOCS = join(REPOSITORY_ROOT, 'docs');
const STAGED = join(DOCS, 'dist', 'pages');

function readJson(path: string) {
  return JSON.parse(readFileSync(join(REPOSITORY_ROOT, path), 'utf8'));
}

function stage(address: string, markdown: string): void {
  const file = join(STAGED, `${address}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, markdown);
}

function sampleOf(event: string, version: number): unknown {
  const [first] = Object.values(readJson(`libs/events/samples/${event}.v${version}.json`));
  return first;
}

function run(command: string, words: readonly string[]): void {
  const { status, error } = spawnSync(command, words, {
    cwd: DOCS,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(STAGED, { recursive: true, force: true });
for (const { source, address } of sitePages)
  stage(address, rewriteLinks(readFileSync(join(REPOSITORY_ROOT, source), 'utf8'), source));
const references = renderHttpReference(readJson('docs/openapi.json'));
for (const { name, markdown } of references) stage(`${HTTP_REFERENCE_PATH}/${name}`, markdown);
stage(EVENT_REFERENCE_PATH, renderEventReference(readJson('docs/events/asyncapi.json'), sampleOf));
for (const [source, target] of copiedSiteFiles)
  cpSync(join(REPOSITORY_ROOT, source), join(STAGED, 'public', target), { recursive: true });

/** The sidebar of the documentation site, in the format that .vitepress/config.ts requires. */
const sidebar = siteSections.map(({ label, pages: listed, collapsed }) => ({
  text: label,
  ...(collapsed === undefined ? {} : { collapsed }),
  items: [
    ...listed.map((page) => ({ text: page.label, link: `/${page.address.replace(/(^|\/)index$/, '$1')}` })),
    ...(label === 'Reference'
      ? [
          { text: 'Event schemas', link: `/${EVENT_REFERENCE_PATH}` },
          {
            text: 'HTTP',
            collapsed: true,
            items: references.map(({ name, label: text }) => ({
              text,
              link: `/${HTTP_REFERENCE_PATH}/${name}`,
            })),
          },
        ]
      : []),
  ],
}));
writeFileSync(join(DOCS, 'dist', 'sidebar.json'), JSON.stringify(sidebar));

run(process.execPath, [join(REPOSITORY_ROOT, 'scripts', 'ensure-modules.js'), DOCS]);
run(process.execPath, [
  join(DOCS, 'node_modules', 'vitepress', 'bin', 'vitepress.js'),
  process.argv[2] ?? 'build',
]);
