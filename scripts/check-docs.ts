/**
 * Checks the Markdown files. Reports links to files or headings that do not exist, paths in backticks that do not
 * exist, titles of tests that do not exist, table rows outside of a table, TypeScript examples that no test compiles,
 * excerpts that differ from their source files, and files of docs/ that are missing from the site. Exits with 1 if
 * there is a fault.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { containsTestTitle, findAdvisoryIds, findNamedTests } from './named-tests.ts';
import { findUncompiledExamples } from './packages/documents.ts';
import { toHeadingAnchor } from './site/links.ts';
import { findFilesWithoutPage } from './site/pages.ts';

const root = resolve(import.meta.dirname, '..');

const documents = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }).map(
  (name) => join(root, name),
);

function withoutCodeBlocks(markdown: string): string {
  return markdown.replace(/^ *```[\s\S]*?^ *```/gm, '');
}

/** Returns the text of a Markdown document without its code blocks. */
function textOf(document: string): string {
  return withoutCodeBlocks(readFileSync(document, 'utf8'));
}

/** Returns the reasons that a Markdown document gives for not running its code blocks (`norun="…"`). */
function reasonsOf(document: string): readonly string[] {
  return [...readFileSync(document, 'utf8').matchAll(/^ *```.* norun="([^"]*)"/gm)].map(
    ([, reason = '']) => reason,
  );
}

function anchorsOf(document: string): ReadonlySet<string> {
  return new Set(
    [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => toHeadingAnchor(heading)),
  );
}

function deadLinks(document: string, text: string): readonly string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const linked = path === '' ? document : resolve(dirname(document), path);
    if (!existsSync(linked)) return true;
    return anchor !== undefined && !anchorsOf(linked).has(anchor);
  });
}

/** Matches a path of a file or folder within a sentence. */
const PATH = /[\w.@-]+\/[\w@/-]+(?:\.[\w-]+)*/g;
const ROOMS = /^(libs|services|apps|deploy|test|bench|docs|scripts|examples)\//;
/** Matches paths of build results, which are not in the repository. */
const BUILT = /(^|\/)dist(\/|$)|^test\/screenshots\//;
const FILE = /\/.*\.(ts|js|cjs|json|md|sh|yml|css|html|liquid|mjml|txt|png)$/;

/**
 * Returns the paths in a Markdown document that exist neither relative to the root of the repository nor relative to
 * the document's folder. Text in backticks, and in the reason why a code block is not run (`norun="…"`), counts as a
 * path if it contains a slash and either ends with a file extension or begins with the name of a folder in the root.
 */
function deadPaths(document: string, text: string): readonly string[] {
  const quoted = [...text.matchAll(/`([\w.@-]+\/[\w.@/-]*)`/g)].map(([, path = '']) => path);
  const inReasons = reasonsOf(document).flatMap((reason) => reason.match(PATH) ?? []);
  return [...quoted, ...inReasons].filter(
    (path) =>
      (ROOMS.test(path) || FILE.test(path)) &&
      !BUILT.test(path) &&
      ![root, dirname(document)].some((folder) => existsSync(join(folder, path))),
  );
}

/**
 * Returns lines that look like table rows but do not belong to a table. A table has a line of dashes below its header,
 * and no empty lines.
 */
function strayRows(text: string): readonly string[] {
  const runs = text.match(/(?:^ *\|.*\n?)+/gm) ?? [];
  return runs
    .filter((run) => !/^.*\n *\|[ :|-]+\|\s*(?:\n|$)/.test(run))
    .map((run) => run.split('\n', 1)[0] ?? '');
}

function missingTests(document: string, text: string): readonly string[] {
  return findNamedTests(text)
    .filter(({ title, target }) => {
      const file = resolve(dirname(document), target);
      return existsSync(file) && !containsTestTitle(readFileSync(file, 'utf8'), title);
    })
    .map(({ title, target }) => `the test "${title}" in ${target}`);
}

/**
 * Returns the source files that code blocks of a Markdown document name with `from=`, but that do not exist or do not
 * contain the code of the block.
 */
function outdatedExcerpts(document: string): readonly string[] {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/^```.* from=(\S+).*\n([\s\S]*?)^```$/gm)];
  return blocks
    .filter(([, file = '', code = '']) => {
      const source = join(root, file);
      return !existsSync(source) || !readFileSync(source, 'utf8').includes(code);
    })
    .map(([, file = '']) => file);
}

/** How many security advisories about similar products docs/advisories.md must contain, each with a test. */
const ADVISORIES = 25;

function adviceFaults(): readonly string[] {
  const text = readFileSync(join(root, 'docs/advisories.md'), 'utf8');
  const rows = text.split('\n').filter((line) => findAdvisoryIds(line).length > 0);
  const ids = findAdvisoryIds(text);
  return [
    ...(new Set(ids).size < ADVISORIES ? [`it has ${new Set(ids).size} advisories of ${ADVISORIES}`] : []),
    ...rows.filter((row) => findNamedTests(row).length === 0).map((row) => `this row names no test: ${row}`),
  ];
}

for (const document of documents) {
  const text = textOf(document);
  const missing = [
    ...deadLinks(document, text),
    ...deadPaths(document, text),
    ...missingTests(document, text),
  ];
  for (const complaint of [
    ...missing.map((name) => `${name} is not there`),
    ...strayRows(text).map((row) => `this row is in no table: ${row}`),
    ...outdatedExcerpts(document).map((file) => `the code of the block from=${file} is not in this file`),
    ...findUncompiledExamples(relative(root, document), readFileSync(document, 'utf8')).map(
      (fence) =>
        `no test compiles this block: ${fence}. Add the document to scripts/packages/documents.ts, or say norun="why not"`,
    ),
  ]) {
    console.error(`${relative(root, document)}: ${complaint}`);
    process.exitCode = 1;
  }
}

for (const file of findFilesWithoutPage()) {
  console.error(`${file} has no page on the site: give it one in scripts/site/pages.ts`);
  process.exitCode = 1;
}

for (const fault of adviceFaults()) {
  console.error(`docs/advisories.md: ${fault}`);
  process.exitCode = 1;
}
