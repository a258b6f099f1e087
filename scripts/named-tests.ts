/** Tests that Markdown names: a link to a TypeScript file whose text is a title in double quotes. */

export interface NamedTest {
  readonly title: string;
  /** As written in the link. */
  readonly target: string;
}

export function namedTests(markdown: string): readonly NamedTest[] {
  return [...markdown.matchAll(/\["([^"\]]+)"\]\(([^)\s]+\.ts)\)/g)].map(([, title = '', target = '']) => ({
    title,
    target,
  }));
}

/** Returns whether the source has a test with this title, or a table of cases with it. */
export function hasTitle(source: string, title: string): boolean {
  return ["'", '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

/** CVE and GHSA numbers of the rows of a table, in order. */
export function advisoriesIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| \[((?:CVE|GHSA)-[\w-]+)\]\(/gm)].map(([, id = '']) => id);
}
