/** The OpenAPI 3.1 document of a list of routes. */
import type { Route } from './route.ts';

export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

export declare function openApiDocument(info: OpenApiInfo, routes: readonly Route[]): Record<string, unknown>;
