import type { KafkaConnection } from './connection.ts';

/**
 * Thrown if no broker is available or ready yet, so that a retry may help. Other startup failures need an
 * operator.
 */
export class KafkaUnavailableError extends Error {
  override readonly name = 'KafkaUnavailableError';
}

/** Thrown if the broker refuses a setting of the connection. */
export class KafkaRefusedError extends Error {
  override readonly name = 'KafkaRefusedError';
}

/** Fields that kafkajs adds to an error or to the cause of an error. */
interface Trait {
  readonly name: string;
  readonly type: string | undefined;
  readonly code: string | undefined;
  /**
   * Whether the error can disappear without the help of an operator, so that a retry makes sense. Brokers
   * return such errors, for example, while they determine the leader of a partition or the coordinator of
   * a group.
   */
  readonly passes: boolean;
}

/**
 * Translates an error of kafkajs into one whose message names Latchkey's settings. Returns an unknown error
 * unchanged.
 * @param attemptedOperation what was attempted, for the message, such as "see topics" or "topic a.b"
 */
export function explainKafkaError(
  error: unknown,
  connection: KafkaConnection,
  attemptedOperation?: string,
): Error {
  const traits = traitsOf(error);
  function has(test: (trait: Trait) => boolean) {
    return traits.some(test);
  }
  function named(name: string) {
    return has((trait) => trait.name === name);
  }
  const { brokers, sasl } = connection;
  const about = attemptedOperation === undefined ? '' : `${attemptedOperation}: `;

  if (named('KafkaJSSASLAuthenticationError'))
    return new KafkaRefusedError(
      'KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: the broker refuses these credentials.',
      { cause: error },
    );
  if (has(({ type }) => type === 'UNSUPPORTED_SASL_MECHANISM'))
    return new KafkaRefusedError(
      `KAFKA_SASL_MECHANISM: the broker does not offer ${sasl?.mechanism ?? 'SASL'}.`,
      { cause: error },
    );
  const denied = traits.find(({ type }) => type?.endsWith('_AUTHORIZATION_FAILED'))?.type;
  if (denied)
    return new KafkaRefusedError(
      `KAFKA_SASL_USERNAME: this user lacks a right (${about}${denied}). To list the rights that Latchkey needs, run: npm run ops -- acls`,
      {
        cause: error,
      },
    );
  if (has(({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION'))
    return new Error(
      `Kafka lacks a topic, or this user may not see it (${about}UNKNOWN_TOPIC_OR_PARTITION). To create Latchkey's topics, run: npm run ops -- topics`,
      { cause: error },
    );
  if (named('KafkaJSConnectionClosedError'))
    return new KafkaUnavailableError(
      `KAFKA_BROKERS: ${brokers.join(', ')} closed the connection. ${doubtsAbout(connection)}`,
      { cause: error },
    );
  if (has(({ name }) => UNREACHABLE.includes(name))) {
    const code = traits.find((trait) => trait.code)?.code;
    const doubts = code === 'ECONNRESET' ? ` ${doubtsAbout(connection)}` : '';
    return new KafkaUnavailableError(
      `KAFKA_BROKERS: no broker answers at ${brokers.join(', ')}${code ? ` (${code})` : ''}.${doubts}`,
      { cause: error },
    );
  }
  const unready = traits.find(({ passes }) => passes);
  if (unready)
    return new KafkaUnavailableError(
      `KAFKA_BROKERS: the brokers are not ready (${about}${unready.type ?? unready.name}).`,
      { cause: error },
    );
  return error instanceof Error ? error : new Error(String(error));
}

const UNREACHABLE = [
  'KafkaJSConnectionError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  // kafkajs marks this error as not retriable, but the error is transient: a consumer gets it while its only
  // broker shuts down.
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSRequestTimeoutError',
];

/**
 * Returns a hint for operators if a broker closes connections without an error message: the settings of TLS
 * or SASL probably do not fit the broker.
 */
function doubtsAbout({ ssl, sasl }: KafkaConnection): string {
  return `If this continues, check ${ssl ? 'KAFKA_SSL (now on)' : 'KAFKA_SSL (now off)'} and ${
    sasl ? 'KAFKA_SASL_MECHANISM' : 'KAFKA_SASL_USERNAME (now not set)'
  }.`;
}

/**
 * Returns whether an error is a transient error from a broker, so that the same request may succeed later.
 */
export function isRetriableKafkaError(error: unknown): boolean {
  return traitsOf(error).some(({ passes }) => passes);
}

function traitsOf(error: unknown): Trait[] {
  const traits: Trait[] = [];
  const seen = new Set<unknown>();
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    const type = textOf(each, 'type');
    const passes = type !== undefined && Reflect.get(each, 'retriable') === true;
    traits.push({ name: each.name, type, code: textOf(each, 'code'), passes });
    if ('errors' in each && Array.isArray(each.errors)) traits.push(...each.errors.flatMap(traitsOf));
  }
  return traits;
}

function textOf(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}
