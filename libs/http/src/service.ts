import type { ProcessPart } from '@latchkey/process';
import type { Route } from './route.ts';

/** A service, as its `compose` returns it: a process part with routes. */
export interface Service extends ProcessPart {
  readonly routes: readonly Route[];
}
