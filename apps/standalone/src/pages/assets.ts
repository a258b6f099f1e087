/** Serves the files of `public/`, with one route for each. Every file is read only once, at the start. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Route, type RouteResponse, route, securityHeaders } from '@latchkey/http';
import { localOnlyPolicy } from './local-only.ts';

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Returns a response with an HTML page that may load scripts and styles only from this server. */
export function createHtmlPageResponse(html: string): RouteResponse {
  return { status: 200, html, headers: securityHeaders.scriptedPage };
}

/** The paths of the HTML pages. All other files are served below /assets. */
const pagePaths: Readonly<Record<string, string>> = {
  'client.html': '/',
  'mailbox.html': '/mailbox',
  'topics.html': '/topics',
};

function assetRoute(folder: string, file: string): Route {
  const text = readFileSync(join(folder, file), 'utf8');
  const type = mediaTypes[extname(file)] ?? 'text/plain; charset=utf-8';
  const path = pagePaths[file];
  return route({
    method: 'GET',
    path: path ?? `/assets/${file}`,
    tag: 'pages',
    summary: `The file ${file}`,
    hidden: true,
    quiet: true,
    policy: localOnlyPolicy,
    cacheControl: 'no-cache',
    answers: { 200: { description: 'The file', media: [type] } },
    handle: async () => (path ? createHtmlPageResponse(text) : { status: 200, text: { type, text } }),
  });
}

export function createAssetRoutes(folder = join(import.meta.dirname, '..', 'public')): readonly Route[] {
  return readdirSync(folder).map((file) => assetRoute(folder, file));
}
