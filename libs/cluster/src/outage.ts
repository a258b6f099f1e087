import { KafkaUnavailableError } from '@latchkey/bus/kafka/failures';
import { StoreUnavailable } from '@latchkey/store';

/**
 * Returns whether an error, or its cause, is due to a server that is unavailable at the moment. Such an error
 * disappears once the server is available again.
 */
export function isServerOutageError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof StoreUnavailable || error instanceof KafkaUnavailableError) return true;
  return isUnexplained(error) || isServerOutageError(explained(error));
}

/**
 * Returns whether an error comes directly from kafkajs, and not from our code, which translates errors of
 * kafkajs into messages for operators. While brokers become unavailable, kafkajs throws many kinds of
 * errors, including TypeErrors because of its own bugs.
 */
function isUnexplained({ name, stack = '' }: Error): boolean {
  return name.startsWith('KafkaJS') || (name === 'TypeError' && /[\\/]kafkajs[\\/]/.test(stack));
}

/**
 * Returns the cause of an error if the cause tells operators more than the error does. Returns undefined if
 * the cause comes from kafkajs, because the message of the error then is a translation of the cause.
 */
function explained({ cause }: Error): unknown {
  return cause instanceof Error && isUnexplained(cause) ? undefined : cause;
}
