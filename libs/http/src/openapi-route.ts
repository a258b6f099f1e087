import { z } from 'zod';
import { createOpenApiDocument, type OpenApiInfo } from './openapi.ts';
import { publicAccessPolicy, type Route, route } from './route.ts';

/**
 * Declares a route that serves the OpenAPI document of other routes. The document is generated only when it
 * is first requested, because generating it takes about as long as the rest of a service's start.
 * @param tag the tag of this route
 */
export function createOpenApiRoute(
  path: string,
  tag: string,
  info: OpenApiInfo,
  routes: readonly Route[],
): Route {
  let document: object | undefined;
  return route({
    method: 'GET',
    path,
    tag,
    summary: 'This description',
    policy: publicAccessPolicy,
    hidden: true,
    cacheControl: 'public, max-age=300',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: z.looseObject({}) } },
    handle: async () => {
      document ??= createOpenApiDocument(info, routes);
      return { status: 200, body: document };
    },
  });
}
