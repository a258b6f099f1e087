/** Routes for public documents about auth itself, such as its keys, API description and style sheet. */
import { readFile } from 'node:fs/promises';
import { type OpenApiInfo, publicAccessPolicy, type Route, type RouteResponse, route } from '@latchkey/http';
import { z } from 'zod';
import { AUTH_BASE_PATH } from '../base-path.ts';
import type { RouteDeps } from '../deps.ts';
import { createGeneralProblemPage, createHtmlResponse, getRequestLocale } from '../link-page.ts';
import { successPageNames } from '../pages/pages.ts';
import { localeTagSchema } from '../schemas.ts';
import { formatSecurityTxt, type SecurityTxtFields } from '../security-txt.ts';

const KEYS_MAX_AGE_SECONDS = 300;

export function createDocumentRoutes(deps: RouteDeps): readonly Route[] {
  const { securityTxt: file } = deps;
  const { stylesheet, script, logo } = deps.pages;
  return [
    homeRoute(deps),
    doneRoute(deps),
    keysRoute(deps),
    {
      ...fileRoute('pages.css', { type: 'text/css; charset=utf-8', text: stylesheet }),
      generalProblemPage: createGeneralProblemPage(deps.pages),
    },
    fileRoute('pages.js', { type: 'text/javascript; charset=utf-8', text: script }),
    ...(logo ? [fileRoute('logo', { type: logo.type, text: logo.bytes }, FROM_ANYWHERE)] : []),
    ...(file ? [securityTxtRoute(deps, file)] : []),
  ];
}

function keysRoute({ accessTokens }: RouteDeps): Route {
  return route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    operationId: 'getKeys',
    tag: 'keys',
    summary: 'The public keys that verify access tokens (RFC 7517)',
    policy: publicAccessPolicy,
    cacheControl: `public, max-age=${KEYS_MAX_AGE_SECONDS}`,
    answers: {
      200: {
        description: 'A JWKS.',
        schema: z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }),
      },
    },
    handle: async () => ({ status: 200, body: accessTokens.jwks() }),
  });
}

function securityTxtRoute({ now }: RouteDeps, file: SecurityTxtFields): Route {
  return route({
    method: 'GET',
    path: '/.well-known/security.txt',
    tag: 'security',
    summary: 'Where to report a vulnerability (RFC 9116)',
    policy: publicAccessPolicy,
    hidden: true,
    cacheControl: 'public, max-age=86400',
    answers: { 200: { description: 'A security.txt.', media: ['text/plain'] } },
    handle: async () => ({
      status: 200,
      text: { type: 'text/plain; charset=utf-8', text: formatSecurityTxt(file, now()) },
    }),
  });
}

/**
 * A response header that allows web pages of any origin to embed the logo. Web mail programs show mails, and
 * thus the logo, on pages of their own origin.
 */
const FROM_ANYWHERE = { 'Cross-Origin-Resource-Policy': 'cross-origin' };

/** Declares a route for a file that pages or mails load. */
function fileRoute(
  name: string,
  text: NonNullable<RouteResponse['text']>,
  headers: RouteResponse['headers'] = {},
): Route {
  return route({
    method: 'GET',
    path: `${AUTH_BASE_PATH}/${name}`,
    tag: 'pages',
    summary: `The file ${name} of the pages`,
    policy: publicAccessPolicy,
    hidden: true,
    cacheControl: 'public, max-age=300',
    answers: { 200: { description: 'A file.', media: [text.type.split(';')[0] ?? ''] } },
    handle: async () => ({ status: 200, text, headers }),
  });
}

/**
 * Declares the route of the page at `/`, for people who open the server's address without a link. If there is
 * no client app, the buttons in mails also lead to this page.
 */
function homeRoute({ pages }: RouteDeps): Route {
  return route({
    method: 'GET',
    path: '/',
    tag: 'pages',
    summary: 'A page that describes this server',
    policy: publicAccessPolicy,
    hidden: true,
    problemPage: createGeneralProblemPage(pages),
    answers: { 200: { description: 'A page.', media: ['text/html'] } },
    handle: async (request) => createHtmlResponse(pages.home({ locale: getRequestLocale(request) })),
  });
}

/** Declares the route of the pages that report what a form has done, for browsers that reload these pages. */
function doneRoute({ pages }: RouteDeps): Route {
  return route({
    method: 'GET',
    path: `${AUTH_BASE_PATH}/done/:page`,
    tag: 'pages',
    summary: 'A page that reports what a form has done',
    policy: publicAccessPolicy,
    hidden: true,
    params: z.object({ page: z.enum(successPageNames) }),
    query: z.object({ lang: localeTagSchema.optional() }),
    answers: { 200: { description: 'A page.', media: ['text/html'] } },
    handle: async ({ params: { page }, query: { lang }, ...request }) =>
      createHtmlResponse(pages.done(page, { locale: lang ?? getRequestLocale(request) })),
  });
}

/** The descriptions of the tags in the OpenAPI document of auth. */
export const authOpenApiTags = {
  accounts: 'Signing up, and one’s own account.',
  verification: 'Verifying an address with a link in a mail.',
  sessions: 'Signing in and out, and the list of sessions.',
  passwords: 'Changing a password, and resetting a forgotten one.',
  administration: 'Managing the accounts of other people, for admins.',
  gateways: 'For gateways and other services: who sends a request, and whether a token is active.',
  keys: 'The public keys that access tokens are checked with.',
};

/** The title and description of auth's own OpenAPI document, which lacks the routes of the other services. */
export const authOpenApiInfo: OpenApiInfo = {
  title: 'Latchkey: auth',
  version: '1',
  description: 'Sign-up, verification, sessions, passwords and administration of accounts.',
  tags: authOpenApiTags,
};

/**
 * The path of the OpenAPI document of all services, which `npm run docs` generates. The document cannot be
 * generated at run time, because each service only has its own routes.
 */
const WHOLE_API = new URL('../../../../../docs/openapi.json', import.meta.url);

/**
 * Declares the route that serves the OpenAPI document of all services. The file is read on the first request.
 */
export function createFullOpenApiDocumentRoute({ publicPath }: RouteDeps): Route {
  let document: object | undefined;
  async function read(): Promise<object> {
    const document = JSON.parse(await readFile(WHOLE_API, 'utf8'));
    return { ...document, servers: [{ url: publicPath === '' ? '/' : publicPath }] };
  }
  return route({
    method: 'GET',
    path: '/api/v1/openapi.json',
    tag: 'description',
    summary: 'The description of the whole API',
    policy: publicAccessPolicy,
    hidden: true,
    cacheControl: 'public, max-age=300',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: z.looseObject({}) } },
    handle: async () => {
      document ??= await read();
      return { status: 200, body: document };
    },
  });
}
