/** Finds the tests that Markdown names: links to a TypeScript file whose text is a test title in double quotes. */

export interface NamedTest {
  readonly title: string;
  /** The target of the link, unchanged. */
  readonly target: string;
}

export function findNamedTests(markdown: string): readonly NamedTest[] {
  return [...markdown.matchAll(/\["([^"\]]+)"\]\(([^)\s]+\.ts)\)/g)].map(([, title = '', target = '']) => ({
    title,
    target,
  }));
}

/** Returns whether the source contains a test, or a table of cases, with this title. */
export function hasTitle(source: string, title: string): boolean {
  return ["'", '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

/** Returns the CVE and GHSA numbers in the rows of a table, in order. */
export function findAdvisoryIds(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| \[((?:CVE|GHSA)-[\w-]+)\]\(/gm)].map(([, id = '']) => id);
}
