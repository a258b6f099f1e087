import { KafkaUnavailableError } from '@latchkey/bus/kafka/failures';
import { StoreUnavailable } from '@latchkey/store';

/** Whether an error, or its cause, is transient: it goes away once a server is available again. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof StoreUnavailable || error instanceof KafkaUnavailableError) return true;
  return isUnexplained(error) || isOutage(explained(error));
}

/**
 * Whether an error comes from kafkajs itself, and was not translated into a message for operators. While brokers go
 * away, kafkajs throws errors of many kinds, including TypeErrors of its own.
 */
function isUnexplained({ name, stack = '' }: Error): boolean {
  return name.startsWith('KafkaJS') || (name === 'TypeError' && /[\\/]kafkajs[\\/]/.test(stack));
}

/**
 * Returns the cause of an error; undefined if there is none. Also undefined if the cause comes from kafkajs: the error
 * itself is then the explanation for operators.
 */
function explained({ cause }: Error): unknown {
  return cause instanceof Error && isUnexplained(cause) ? undefined : cause;
}
