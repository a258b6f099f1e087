/**
 * Finds the page that a path belongs to, even if the path has surplus slashes, was truncated, or has text
 * appended.
 */
import type { Route } from './route.ts';

/** Removes surplus slashes: `//a//b/` becomes `/a/b`. */
export function removeSurplusSlashes(path: string): string {
  return path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

export type PageLookUp = (path: string) => Pick<Route, 'problemPage' | 'pageHeaders'> | undefined;

/**
 * Creates a function that finds the page for a path that was truncated or has text appended. If the path
 * belongs to no page, the function returns the general page about problems, if a route has one.
 */
export function createPageLookUp(routes: readonly Route[]): PageLookUp {
  const pages = routes
    .filter(({ problemPage }) => problemPage !== undefined)
    .map((page) => ({ page, start: page.path.replace(/\/:.*$/, '') }));
  const general = routes.flatMap(({ generalProblemPage: problemPage, pageHeaders = {} }) =>
    problemPage === undefined ? [] : [{ problemPage, pageHeaders }],
  );
  return (path) => {
    const plain = removeSurplusSlashes(path);
    return pages.find(({ start }) => plain === start || plain.startsWith(`${start}/`))?.page ?? general[0];
  };
}
