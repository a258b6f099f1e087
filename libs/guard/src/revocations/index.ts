/**
 * `@latchkey/guard/revocations`: recognises revoked tokens by following the events of accounts. To read them
 * from Kafka, it needs kafkajs.
 */
export { type Revocations, type RevocationsSource, revocations } from './revocations.ts';
