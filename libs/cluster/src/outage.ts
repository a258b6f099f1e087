import { KafkaUnavailableError } from '@latchkey/bus/kafka/failures';
import { StoreUnavailable } from '@latchkey/store';

/** Whether an error, or its cause, is transient: it goes away once a server is available again. */
export function isServerOutageError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof StoreUnavailable || error instanceof KafkaUnavailableError) return true;
  return isUnexplained(error) || isServerOutageError(explained(error));
}

/**
 * Returns whether an error was thrown by kafkajs, and not translated into a message for operators. While brokers become
 * unavailable, kafkajs throws many kinds of errors, including TypeErrors from its own faults.
 */
function isUnexplained({ name, stack = '' }: Error): boolean {
  return name.startsWith('KafkaJS') || (name === 'TypeError' && /[\\/]kafkajs[\\/]/.test(stack));
}

/**
 * Returns the cause of an error. Returns undefined if there is none, or if the cause comes from kafkajs, because the
 * error itself then is the explanation for operators.
 */
function explained({ cause }: Error): unknown {
  return cause instanceof Error && isUnexplained(cause) ? undefined : cause;
}
