/**
 * `@latchkey/guard/revocations`: recognises revoked tokens by following the events of accounts. Reading these
 * events from Kafka requires the package kafkajs.
 */
export { type Revocations, type RevocationsSource, revocations } from './revocations.ts';
