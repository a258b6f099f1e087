/**
 * `@latchkey/guard/revocations`: recognises revoked tokens by the events of accounts. With `kafka` it needs
 * kafkajs.
 */
export { type Revocations, type RevocationsSource, revocations } from './revocations.ts';
