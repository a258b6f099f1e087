export { type AsyncPort, guardPort } from './guard-port.ts';
export type { Leases } from './leases.ts';
export { type Movable, movable, type Source, type Target } from './movable.ts';
export { pages } from './pages.ts';
export { StoreUnavailable } from './store-unavailable.ts';
