/**
 * Finds the tests that a Markdown file names. These are links to a TypeScript file whose link text is the title of a
 * test in double quotes.
 */

export interface NamedTest {
  readonly title: string;
  /** The target of the link, as written in the Markdown file. */
  readonly target: string;
}

export function findNamedTests(markdown: string): readonly NamedTest[] {
  return [...markdown.matchAll(/\["([^"\]]+)"\]\(([^)\s]+\.ts)\)/g)].map(([, title = '', target = '']) => ({
    title,
    target,
  }));
}

/** Returns whether the source code contains a test, or a table of test cases, with this title. */
export function containsTestTitle(source: string, title: string): boolean {
  return ["'", '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

/** Returns the CVE and GHSA numbers in the rows of a Markdown table, in their order. */
export function findAdvisoryIds(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| \[((?:CVE|GHSA)-[\w-]+)\]\(/gm)].map(([, id = '']) => id);
}
