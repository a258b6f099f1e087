/** Rewrites the links in a Markdown file so that they work on the documentation site. */
import { posix } from 'node:path';
import { sitePages } from './pages.ts';

const addressOf = new Map(sitePages.map(({ source, address }) => [source, address]));

/**
 * The files that are copied to the documentation site unchanged. Maps the path of each file in the repository to its
 * path on the site.
 */
export const copiedSiteFiles: ReadonlyMap<string, string> = new Map([
  ['docs/openapi.json', 'openapi.json'],
  ['docs/events', 'events'],
  ['docs/images', 'images'],
]);

function servedAs(path: string): string | undefined {
  for (const [source, target] of copiedSiteFiles)
    if (path === source || path.startsWith(`${source}/`)) return `/${target}${path.slice(source.length)}`;
  return undefined;
}

/**
 * Returns the address that the target of a link has on the documentation site; undefined if the target is not on the
 * site.
 */
function siteAddress(target: string, source: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? source : posix.join(posix.dirname(source), path);
  const address = addressOf.get(file);
  if (address === undefined) return servedAs(file);
  const route = address.replace(/(^|\/)index$/, '$1');
  return `/${route}${anchor === undefined ? '' : `#${anchor}`}`;
}

function rewriteLine(line: string, source: string): string {
  return line.replace(
    /(!?)\[([^[\]]*)\]\(([^)\s]+)\)/g,
    (link, image: string, label: string, target: string) => {
      if (/^[a-z]+:/.test(target)) return link;
      const address = siteAddress(target, source);
      if (address !== undefined) return `${image}[${label}](${address})`;
      const file = posix.join(posix.dirname(source), target);
      return label.replaceAll('`', '') === file ? `\`${file}\`` : `${label} (\`${file}\`)`;
    },
  );
}

/**
 * Changes the relative links of a Markdown file so that they point to pages of the documentation site. A link to a file
 * that is not on the site is replaced by the file's path, because the site does not know where the repository is
 * published.
 * @param source the path of the Markdown file, relative to the root of the repository
 */
export function rewriteLinks(markdown: string, source: string): string {
  return markdown
    .split(/(^ *```[\s\S]*?^ *```)/m)
    .map((part, index) => (index % 2 === 1 ? part : rewriteLine(part, source)))
    .join('');
}

/** Returns the anchor of a heading by GitHub's rules, so that links work both on GitHub and on the site. */
export function toHeadingAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
