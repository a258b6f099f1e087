/** How an event is declared: each file in `events/` contains one call of `defineEvent`. */
import { z } from 'zod';
import type { EventTopic, TopicName } from './topics.ts';

export interface EventDefinition<Type extends string, Shape extends z.ZodRawShape> {
  readonly type: Type;
  /**
   * The current version of the data; default 1. Each later version needs a conversion step in `upcast.ts`.
   */
  readonly version?: number;
  readonly topic: EventTopic;
  /** One or two sentences that say what happened. */
  readonly description: string;
  /** How Latchkey's own services react to the event. */
  readonly effects: string;
  /**
   * The fields of the data. Only the field `person` may contain personal data; no field may contain a secret.
   */
  readonly data: Shape;
  /**
   * Examples of the data, each with a title. If the data has a field `person`, at least one example must have
   * a person, and at least one must have `person: null`.
   */
  readonly samples: Readonly<Record<string, z.infer<z.ZodObject<Shape>>>>;
}

/** The contract of an event type: its topic, its version, and the schema of its data. */
export interface EventContract<Type extends string = string, Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  /** The current version of the data's schema. */
  readonly version: number;
  readonly topic: TopicName;
  /** The name of the field in the data that repeats the envelope's subject. */
  readonly subjectField: EventTopic['subjectField'];
  /** The service that publishes the event. */
  readonly publisher: EventTopic['publisher'];
  readonly effects: string;
  readonly schema: z.ZodObject<Shape>;
  readonly samples: Readonly<Record<string, z.infer<z.ZodObject<Shape>>>>;
}

/**
 * Declares an event.
 *
 * @example
 * export const UserRegistered = defineEvent({
 *   type: 'UserRegistered',
 *   topic: accountsTopic,
 *   description: 'Somebody signed up: a new, unverified account.',
 *   effects: 'user: a new profile.',
 *   data: { userId: id, locale, person: recipient },
 *   samples: { 'with a person': { userId: '01980d2e-…', locale: 'en', person: { … } } },
 * });
 */
export function defineEvent<const Type extends string, Shape extends z.ZodRawShape>({
  version = 1,
  topic,
  description,
  data,
  ...rest
}: EventDefinition<Type, Shape>): EventContract<Type, Shape> {
  return {
    ...rest,
    version,
    topic: topic.name,
    subjectField: topic.subjectField,
    publisher: topic.publisher,
    schema: z.object(data).describe(description),
  };
}
