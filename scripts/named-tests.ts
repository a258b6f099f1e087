/**
 * Finds the tests that a Markdown file names. The name of a test is a link to a TypeScript file whose text is in code
 * font: the titles of the test and of its groups, or of the test and a case of its table, separated by " › ".
 */

export interface NamedTest {
  readonly title: string;
  /** The target of the link to the test file, as written in the Markdown file. */
  readonly target: string;
}

export function findNamedTests(markdown: string): readonly NamedTest[] {
  return [...markdown.matchAll(/\[(`+)(.+?)\1\]\(([^)\s]+\.ts)\)/g)].map(([, , title = '', target = '']) => ({
    title: title.trim(),
    target,
  }));
}

/**
 * Returns whether the source code of a test file contains the titles of a test and its groups.
 * @param title the titles, separated by " › "
 */
export function containsTestTitle(source: string, title: string): boolean {
  return title
    .split(' › ')
    .every((part) => ["'", '"', '`'].some((quote) => source.includes(`${quote}${part}${quote}`)));
}

/** Returns the CVE and GHSA numbers in the rows of a Markdown table, in the order of the rows. */
export function findAdvisoryIds(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| \[((?:CVE|GHSA)-[\w-]+)\]\(/gm)].map(([, id = '']) => id);
}
