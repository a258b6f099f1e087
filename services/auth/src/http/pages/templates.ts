/** Loads the templates of auth's HTML pages. Every value in a page is escaped. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Liquid } from 'liquidjs';

export type PageName =
  | 'verification'
  | 'rejection'
  | 'reset'
  | 'email-change'
  | 'dead-link'
  | 'erasure'
  | 'home'
  | 'message';

export interface PageTemplates {
  render(page: PageName, values: Readonly<Record<string, unknown>>): string;
}

const ownFolder = join(import.meta.dirname, 'templates');
const EXTENSION = '.liquid';

/**
 * Reads every page template. Each template is parsed when it is first needed, which shortens the start of a
 * process.
 */
export function loadPageTemplates(folder = ownFolder): PageTemplates {
  const engine = new Liquid({
    templates: readSources(folder),
    outputEscape: 'escape',
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    cache: true,
  });
  return { render: (page, values) => String(engine.renderFileSync(page, values)) };
}

function readSources(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith(EXTENSION))
      .map((file) => [basename(file, EXTENSION), readFileSync(join(folder, file), 'utf8')]),
  );
}
