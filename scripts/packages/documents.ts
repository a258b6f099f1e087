/** Lists the documents whose TypeScript examples are compiled in a project that has installed a published package. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The documents with examples of each published package, by the workspace of the package. */
export const packageDocuments = {
  'libs/client': ['docs/client.md', 'libs/client/README.md'],
  'libs/events': [
    'README.md',
    'libs/events/README.md',
    'docs/subscribing.md',
    'docs/feed.md',
    'docs/erasure.md',
  ],
  'libs/guard': ['docs/guards.md', 'libs/guard/README.md'],
} as const;

const compiled = new Set<string>(Object.values(packageDocuments).flat());

/**
 * Returns the info strings (the text after ```) of those TypeScript code blocks of a document that no test
 * compiles, and that do not say why. If a document belongs to a package, a test compiles each of its blocks
 * whose info string is `ts`. The info string of any other block must give a reason: `from=` names the source
 * file that contains the block, and `norun=` gives another reason.
 * @param document the path of the document
 */
export function findUncompiledExamples(document: string, text: string): readonly string[] {
  const fences = [...text.matchAll(/^ *```(tsx?\b.*)$/gm)].map(([, info = '']) => info.trim());
  return fences.filter((info) =>
    info === 'ts' ? !compiled.has(document) : !/^tsx? (from=\S+|norun=".+")$/.test(info),
  );
}

/** Returns the code blocks in a document that have exactly the info string `ts`. */
export async function readExamples(document: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
}
