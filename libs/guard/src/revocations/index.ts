/**
 * `@latchkey/guard/revocations`: recognises revoked tokens by following account events. With `kafka` it needs kafkajs.
 */
export { type Revocations, type RevocationsSource, revocations } from './revocations.ts';
