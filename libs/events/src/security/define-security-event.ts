/** How a security event is declared: one call of `defineSecurityEvent` in `catalogue.ts`. */
import { z } from 'zod';
import type { EventContract, EventDefinition } from '../define-event.ts';

type SecurityDefinition<Type extends string, Shape extends z.ZodRawShape> = Pick<
  EventDefinition<Type, Shape>,
  'type' | 'description' | 'data' | 'samples'
>;

/** The contract of a type of security event: its version, and the schema of its data. */
export type SecurityEventContract<
  Type extends string = string,
  Shape extends z.ZodRawShape = z.ZodRawShape,
> = Pick<EventContract<Type, Shape>, 'type' | 'version' | 'schema' | 'samples'>;

/** Declares a type of security event. */
export function defineSecurityEvent<const Type extends string, Shape extends z.ZodRawShape>({
  type,
  description,
  data,
  samples,
}: SecurityDefinition<Type, Shape>): SecurityEventContract<Type, Shape> {
  return { type, version: 1, schema: z.object(data).describe(description), samples };
}
