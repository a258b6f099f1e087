import type { Part } from '@latchkey/process';
import type { Route } from './route.ts';

/** A part together with the routes it serves over HTTP: what a service's `compose` returns. */
export interface Service extends Part {
  readonly routes: readonly Route[];
}
