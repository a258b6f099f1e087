/** The schemas of webhook endpoints and their attempts in requests and responses. */
import { accountEventTypes, consumerName, instant } from '@latchkey/events';
import {
  computeEndpointState,
  type DeliveryAttempt,
  SECRET_OVERLAP_HOURS,
  type WebhookEndpoint,
} from '@latchkey/webhooks';
import { z } from 'zod';
import { createPageLimitSchema } from './schemas.ts';

const types = z
  .array(z.enum(accountEventTypes))
  .max(accountEventTypes.length)
  .overwrite((list) => [...new Set(list)])
  .describe('The types of events that are sent. Empty: all.');

export const webhookFieldsSchema = z.object({
  name: z
    .string()
    .regex(consumerName, 'must be 1 to 63 letters, digits, dots, underscores or hyphens')
    .describe('The name of the receiver, such as crm'),
  url: z
    .string()
    .max(2000)
    .regex(/^[!-~]+$/, 'must be an absolute URL in ASCII')
    .meta({
      format: 'uri',
      description: 'The URL to which events are sent. It must be public, and begin with https://',
    }),
  types,
  person: z.boolean().describe('Whether events contain personal data (`data.person`)'),
});

export const newWebhookFieldsSchema = webhookFieldsSchema.extend({
  types: types.default([]),
  person: webhookFieldsSchema.shape.person.default(false),
  from: z.enum(['now', 'beginning']).default('now').describe('`beginning`: also sends all earlier events'),
});

export const webhookSchema = z
  .object({
    id: z.string(),
    ...webhookFieldsSchema.shape,
    types: z.array(z.string()).describe('The types of events that are sent. Empty: all.'),
    state: z
      .enum(['active', 'failing', 'paused'])
      .describe('`failing`: every attempt since the last delivery has failed'),
    createdAt: instant,
    paused: z
      .object({ at: instant, by: z.enum(['operator', 'failures']), reason: z.string() })
      .nullable()
      .describe('Since when and why nothing is sent; null unless it is paused'),
    failing: z
      .object({ since: instant, count: z.int(), next: instant, reason: z.string() })
      .nullable()
      .describe('Attempts that failed since the last delivery; null if there are none'),
    waiting: z.int().describe('How many accounts have an event that was not delivered yet'),
    redriving: z.boolean().describe('Whether events are being sent again'),
  })
  .meta({ id: 'Webhook', description: 'An endpoint that events are sent to.' });

export const webhookAttemptSchema = z
  .object({
    n: z.int().describe('Counts the attempts of the webhook'),
    at: instant,
    event: z.string().describe('The id of the event: `webhook-id` of the request'),
    type: z.string(),
    account: z.string(),
    delivered: z.boolean(),
    status: z.int().nullable().describe('The status of the answer; null if there was none'),
    reason: z.string().nullable().describe('Why it failed'),
    milliseconds: z.int(),
  })
  .meta({ id: 'WebhookAttempt', description: 'A request to a webhook, and its outcome.' });

export const webhookWithSecretSchema = z.object({
  webhook: webhookSchema,
  secret: z.string().describe('The secret that signs requests (Standard Webhooks). It is shown only once.'),
});
export const webhookResponseSchema = z.object({ webhook: webhookSchema });

export const webhookParamsSchema = z.object({ id: z.string().regex(/^[\w-]{1,64}$/) });
export const redriveEventBodySchema = z.object({
  event: z.uuid().describe('The id of the event: `webhook-id` of its request'),
});

export const attemptsQuerySchema = z.object({
  limit: createPageLimitSchema.default(20),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a cursor that was handed out')
    .transform(Number)
    .optional(),
});

export const rotateSecretBodySchema = z.object({
  overlapHours: z
    .int()
    .min(0)
    .max(SECRET_OVERLAP_HOURS.max)
    .default(SECRET_OVERLAP_HOURS.default)
    .describe('For how many hours requests are also signed with the former secret'),
});

export const redriveRangeBodySchema = z.object({
  since: instant.describe('Events that happened at or after this time'),
  until: instant.optional().describe('Events that happened before this time. Default: now'),
});

/** Converts an endpoint to the object that responses show, which does not contain the secret. */
export function toWebhookView(endpoint: WebhookEndpoint): z.infer<typeof webhookSchema> {
  const { id, name, url, person, createdAt, paused: pause, delivery } = endpoint;
  const { failing, waiting, redrive } = delivery;
  return {
    id,
    name,
    url,
    types: endpoint.types ?? [],
    person,
    state: computeEndpointState(endpoint),
    createdAt: createdAt.toISOString(),
    paused: pause === undefined ? null : { ...pause, at: pause.at.toISOString() },
    failing:
      failing === undefined
        ? null
        : { ...failing, since: failing.since.toISOString(), next: failing.next.toISOString() },
    waiting: waiting.length,
    redriving: redrive !== undefined,
  };
}

/** Converts an attempt to send events to an endpoint to the object that responses show. */
export function toWebhookAttemptView(attempt: DeliveryAttempt): z.infer<typeof webhookAttemptSchema> {
  const { at, status = null, reason = null } = attempt;
  return { ...attempt, at: at.toISOString(), status, reason };
}
