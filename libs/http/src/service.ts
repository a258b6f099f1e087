import type { Part } from '@latchkey/process';
import type { Route } from './route.ts';

/** The result of a service's `compose`: a part and its routes. */
export interface Service extends Part {
  readonly routes: readonly Route[];
}
