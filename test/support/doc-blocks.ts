/**
 * Finds the commands in the code blocks of Markdown files. The info string of a block says how its commands
 * are tested:
 * - `sh run`: on a server that runs all services in one process.
 * - `sh run=cluster`: on Kafka and MongoDB.
 * - `sh run=server`: the block starts the server that the following blocks of the document use.
 * - `sh norun="reason"`: the block is not tested.
 *
 * In a `console` block, a line that begins with `$` is a command, and the lines after it are its expected
 * output. The expected output of an `sh` block is the next block, if that block has the info string `json
 * output` or `text output`.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export type TestEnvironment = 'standalone' | 'server' | 'cluster';

export interface DocCommand {
  /** The document and line of the block, for example `docs/ops.md:40`. */
  readonly at: string;
  readonly place: TestEnvironment;
  readonly shell: string;
  readonly output?: { readonly text: string; readonly isJson: boolean };
}

interface Fence {
  readonly line: number;
  readonly language: string;
  readonly info: string;
  readonly text: string;
}

/** Returns the paths of all Markdown files that users and contributors read. */
export function listMarkdownFiles(): readonly string[] {
  return globSync('**/*.md', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/dist/**', 'test/fixtures/**'],
  }).toSorted();
}

function fencesOf(document: string): readonly Fence[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^( *)```(\S*) *(.*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', language = '', info = '', body = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { line, language, info, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

function hasCommands({ language, text }: Fence): boolean {
  return ['sh', 'bash', 'shell', 'console'].includes(language) || /^\$ /m.test(text);
}

function placeOf({ info }: Fence): TestEnvironment | 'nowhere' | undefined {
  if (/^norun="[^"]{10,}"$/.test(info)) return 'nowhere';
  const [, place] = /^run(?:=(server|cluster))?$/.exec(info) ?? [undefined, undefined];
  if (place === 'server' || place === 'cluster') return place;
  return info === 'run' ? 'standalone' : undefined;
}

/** Returns the documents and lines of command blocks whose info string does not say how they are tested. */
export function findUntestedBlocks(document: string): readonly string[] {
  return fencesOf(document)
    .filter((fence) => hasCommands(fence) && placeOf(fence) === undefined)
    .map(({ line, info }) => `${document}:${line}: "${info}"`);
}

/** Parses a `console` block. A command that ends with a backslash continues on the next line. */
function transcript({ line, text }: Fence, document: string, place: TestEnvironment): readonly DocCommand[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [, shell = '', printed = ''] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(part) ?? [];
      const before = text.slice(0, text.indexOf(`$ ${part}`)).split('\n').length;
      const output = printed.trim() === '' ? {} : { output: { text: printed, isJson: false } };
      return { at: `${document}:${line + before}`, place, shell, ...output };
    });
}

/**
 * Returns the commands of a document that are tested in one of the given environments, from top to bottom.
 */
export function findTestedCommands(
  document: string,
  ...places: readonly TestEnvironment[]
): readonly DocCommand[] {
  const fences = fencesOf(document);
  return fences.flatMap((fence, index) => {
    const place = hasCommands(fence) ? placeOf(fence) : undefined;
    if (place === undefined || place === 'nowhere' || !places.includes(place)) return [];
    if (fence.language === 'console') return transcript(fence, document, place);
    const next = fences[index + 1];
    const output =
      next?.info === 'output' ? { text: next.text, isJson: next.language === 'json' } : undefined;
    return [{ at: `${document}:${fence.line}`, place, shell: fence.text, ...(output && { output }) }];
  });
}
