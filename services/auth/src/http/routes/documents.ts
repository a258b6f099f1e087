/** Public documents about auth itself: keys, API description, style sheet. */
import { anyone, type OpenApiInfo, openApiDocument, type Route, route } from '@latchkey/http';
import { z } from 'zod';
import { BASE } from '../base-path.ts';
import type { RouteDeps } from '../deps.ts';

const KEYS_MAX_AGE_SECONDS = 300;

export function documentRoutes(deps: RouteDeps): readonly Route[] {
  return [keysRoute(deps), stylesheetRoute(deps)];
}

function keysRoute({ accessTokens }: RouteDeps): Route {
  return route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    tag: 'keys',
    summary: 'The public keys that access tokens are checked with (RFC 7517)',
    policy: anyone,
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

function stylesheetRoute({ pages }: RouteDeps): Route {
  return route({
    method: 'GET',
    path: `${BASE}/pages.css`,
    tag: 'pages',
    summary: 'The style sheet of the pages',
    policy: anyone,
    hidden: true,
    cacheControl: 'public, max-age=300',
    answers: { 200: { description: 'A style sheet.', media: ['text/css'] } },
    handle: async () => ({ status: 200, text: { type: 'text/css; charset=utf-8', text: pages.stylesheet } }),
  });
}

const INFO: OpenApiInfo = {
  title: 'Latchkey: auth',
  version: '1',
  description: 'Sign-up, verification, sessions, passwords and administration of accounts.',
};

/** Describes the given routes. */
export function openApiRoute({ publicPath }: RouteDeps, routes: readonly Route[]): Route {
  const document = openApiDocument({ ...INFO, publicPath }, routes);
  return route({
    method: 'GET',
    path: `${BASE}/openapi.json`,
    tag: 'description',
    summary: 'This description',
    policy: anyone,
    hidden: true,
    cacheControl: 'public, max-age=300',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: z.looseObject({}) } },
    handle: async () => ({ status: 200, body: document }),
  });
}
