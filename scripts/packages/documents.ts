/** The documents whose TypeScript examples are compiled in a project that has installed the package. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The documents of each package, by its workspace. */
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

/** Returns the examples of a document: its code blocks with the info string `ts` alone. */
export async function examplesOf(document: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
}
