import type { ProcessPart } from '@latchkey/process';
import type { Route } from './route.ts';

/** The result of a service's `compose`: a part and its routes. */
export interface Service extends ProcessPart {
  readonly routes: readonly Route[];
}
