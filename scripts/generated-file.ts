import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes a generated file. With `--check` on the command line, compares the existing file with `text` instead, and sets
 * exit code 1 if they differ.
 * @param name the path of the file, relative to the root of the repository
 */
export function writeOrCheckGeneratedFile(name: string, text: string): void {
  const file = new URL(`../${name}`, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (contentOf(file) !== text) {
    console.error(`${name} differs from its sources: npm run docs`);
    process.exitCode = 1;
  }
}

function contentOf(file: URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
