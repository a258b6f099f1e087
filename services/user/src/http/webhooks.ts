/** The routes with which admins manage webhook endpoints. */

import { createValidationProblem, Problem, type Route, route, standardProblems } from '@latchkey/http';
import { HOUR_MS } from '@latchkey/process';
import type { Caller, Guards } from '@latchkey/tokens';
import {
  addEndpoint,
  assertEndpointUrlAllowed,
  EndpointRefusedError,
  pauseEndpoint,
  resumeEndpoint,
  rotateEndpointSecret,
  type SecretSealer,
  updateEndpoint,
  type WebhookEndpoint,
  type WebhookStorage,
  withChangedEndpointFields,
  withRedrive,
} from '@latchkey/webhooks';
import { z } from 'zod';
import { mapFailuresToProblems } from './problems.ts';
import type { ActiveSessionWithProfile } from './session-status.ts';
import { userTexts } from './texts.ts';
import {
  attemptsQuerySchema,
  newWebhookFieldsSchema,
  redriveEventBodySchema,
  redriveRangeBodySchema,
  rotateSecretBodySchema,
  toWebhookAttemptView,
  toWebhookView,
  webhookAttemptSchema,
  webhookFieldsSchema,
  webhookParamsSchema,
  webhookResponseSchema,
  webhookSchema,
  webhookWithSecretSchema,
} from './webhook-schemas.ts';

const BASE = '/api/v1/webhooks';

export interface WebhookRoutesDeps {
  readonly storage: Pick<WebhookStorage, 'endpoints' | 'attempts'>;
  readonly sealer: Pick<SecretSealer, 'seal' | 'open'>;
  readonly guards: Guards<ActiveSessionWithProfile>;
  readonly settings: { readonly WEBHOOKS_ALLOW_PRIVATE: boolean };
  now(): Date;
}

/** Creates the routes with which admins manage webhook endpoints. */
export function createWebhookRoutes({
  storage,
  sealer,
  guards,
  settings,
  now,
}: WebhookRoutesDeps): readonly Route[] {
  const { endpoints, attempts } = storage;
  const allowPrivate = settings.WEBHOOKS_ALLOW_PRIVATE;
  const common = {
    tag: 'webhooks',
    texts: userTexts,
    policy: guards.withRole('admin'),
  };
  const ofOne = { ...common, params: webhookParamsSchema, problems: [standardProblems.not_found] };

  /**
   * Changes a webhook endpoint.
   * @throws Problem (validation_failed, not_found, conflict, unavailable)
   */
  async function change(
    id: string,
    apply: (endpoint: WebhookEndpoint) => WebhookEndpoint,
  ): Promise<WebhookEndpoint> {
    const changed = await mapFailuresToProblems(() =>
      mapRefusals(() => updateEndpoint(endpoints, id, apply)),
    );
    if (changed === undefined) throw new Problem(standardProblems.not_found);
    return changed;
  }

  const list = route({
    ...common,
    method: 'GET',
    path: BASE,
    operationId: 'listWebhooks',
    summary: 'Webhooks, without their secrets',
    answers: { 200: { description: 'All webhooks', schema: z.object({ webhooks: z.array(webhookSchema) }) } },
    handle: async () => {
      const all = await mapFailuresToProblems(() => endpoints.list());
      return { status: 200, body: { webhooks: all.map(toWebhookView) } };
    },
  });

  const add = route({
    ...common,
    method: 'POST',
    path: BASE,
    operationId: 'addWebhook',
    summary: 'Add a webhook',
    description: 'Only this response contains the secret.',
    body: newWebhookFieldsSchema,
    answers: { 201: { description: 'The webhook and its secret', schema: webhookWithSecretSchema } },
    problems: [standardProblems.conflict],
    async handle({ body, caller, log }) {
      const { endpoint, secret } = await mapFailuresToProblems(() =>
        mapRefusals(() => addEndpoint(endpoints, body, { allowPrivate, sealer, now: now() })),
      );
      logChange({ log, caller }, endpoint.id, 'added', endpoint);
      return { status: 201, body: { webhook: toWebhookView(endpoint), secret } };
    },
  });

  const one = route({
    ...ofOne,
    method: 'GET',
    path: `${BASE}/:id`,
    operationId: 'getWebhook',
    summary: 'One webhook',
    answers: { 200: { description: 'The webhook', schema: webhookResponseSchema } },
    async handle({ params: { id } }) {
      const endpoint = await mapFailuresToProblems(() => endpoints.find(id));
      if (endpoint === undefined) throw new Problem(standardProblems.not_found);
      return { status: 200, body: { webhook: toWebhookView(endpoint) } };
    },
  });

  const edit = route({
    ...ofOne,
    method: 'PATCH',
    path: `${BASE}/:id`,
    operationId: 'changeWebhook',
    summary: 'Change the name, the URL or the selection of events',
    description:
      'Applies to all later requests, including those for events that are waiting. Requests that are in progress are aborted within about a second, and sent again with the new settings.',
    body: webhookFieldsSchema.partial(),
    answers: { 200: { description: 'The webhook after the change', schema: webhookResponseSchema } },
    async handle({ params: { id }, body, caller, log }) {
      const { url } = body;
      if (url !== undefined) await mapRefusals(() => assertEndpointUrlAllowed(url, { allowPrivate }));
      const changed = await change(id, (endpoint) => withChangedEndpointFields(endpoint, body, now()));
      logChange({ log, caller }, id, 'changed', changed);
      return { status: 200, body: { webhook: toWebhookView(changed) } };
    },
  });

  const remove = route({
    ...ofOne,
    method: 'DELETE',
    path: `${BASE}/:id`,
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook and its attempts',
    answers: { 204: { description: 'It is deleted' } },
    async handle({ params: { id }, caller, log }) {
      if (!(await mapFailuresToProblems(() => endpoints.remove(id))))
        throw new Problem(standardProblems.not_found);
      logChange({ log, caller }, id, 'deleted');
      return { status: 204 };
    },
  });

  const pause = route({
    ...ofOne,
    method: 'POST',
    path: `${BASE}/:id/pause`,
    operationId: 'pauseWebhook',
    summary: 'Pause a webhook',
    description: 'Events wait until it is resumed; none are lost.',
    answers: { 200: { description: 'The webhook after the change', schema: webhookResponseSchema } },
    async handle({ params: { id }, caller, log }) {
      const changed = await change(id, (endpoint) => pauseEndpoint(endpoint, now()));
      logChange({ log, caller }, id, 'paused');
      return { status: 200, body: { webhook: toWebhookView(changed) } };
    },
  });

  const resume = route({
    ...ofOne,
    method: 'POST',
    path: `${BASE}/:id/resume`,
    operationId: 'resumeWebhook',
    summary: 'Resume a webhook, and send the waiting events immediately',
    answers: { 200: { description: 'The webhook after the change', schema: webhookResponseSchema } },
    async handle({ params: { id }, caller, log }) {
      const changed = await change(id, (endpoint) => resumeEndpoint(endpoint, now()));
      logChange({ log, caller }, id, 'resumed');
      return { status: 200, body: { webhook: toWebhookView(changed) } };
    },
  });

  const rotate = route({
    ...ofOne,
    method: 'POST',
    path: `${BASE}/:id/rotate-secret`,
    operationId: 'rotateWebhookSecret',
    summary: 'Rotate the secret',
    description: 'Only this response contains the secret.',
    body: rotateSecretBodySchema,
    accepts: ['none', 'json'],
    problems: [standardProblems.not_found, standardProblems.conflict],
    answers: { 200: { description: 'The webhook and its secret', schema: webhookWithSecretSchema } },
    async handle({ params: { id }, body, caller, log }) {
      const at = now();
      const until = new Date(at.getTime() + body.overlapHours * HOUR_MS);
      const rotated = await mapFailuresToProblems(() =>
        mapRefusals(() => rotateEndpointSecret(endpoints, id, { sealer, now: at, until })),
      );
      if (rotated === undefined) throw new Problem(standardProblems.not_found);
      logChange({ log, caller }, id, 'given another secret');
      return { status: 200, body: { webhook: toWebhookView(rotated.endpoint), secret: rotated.secret } };
    },
  });

  const listAttempts = route({
    ...ofOne,
    method: 'GET',
    path: `${BASE}/:id/attempts`,
    operationId: 'listWebhookAttempts',
    summary: 'The latest requests, newest first',
    description: 'The latest 1,000 are kept.',
    query: attemptsQuerySchema,
    answers: {
      200: {
        description: 'A page of attempts',
        schema: z.object({
          attempts: z.array(webhookAttemptSchema),
          nextCursor: z.string().nullable().describe('For the next page; null on the last one'),
        }),
      },
    },
    handle: ({ params: { id }, query: { limit, cursor: before } }) =>
      mapFailuresToProblems(async () => {
        if ((await endpoints.find(id)) === undefined) throw new Problem(standardProblems.not_found);
        const page = { limit: limit + 1, ...(before !== undefined && { before }) };
        const found = await attempts.list(id, page);
        const shown = found.slice(0, limit);
        const last = shown.at(-1);
        const nextCursor = found.length > shown.length && last !== undefined ? String(last.n) : null;
        return { status: 200, body: { attempts: shown.map(toWebhookAttemptView), nextCursor } };
      }),
  });

  const redriveRange = route({
    ...ofOne,
    method: 'POST',
    path: `${BASE}/:id/redrive`,
    operationId: 'redriveWebhook',
    summary: 'Send the events of a time range again, before anything new',
    body: redriveRangeBodySchema,
    answers: { 202: { description: 'They will be sent', schema: webhookResponseSchema } },
    problems: [standardProblems.not_found, standardProblems.conflict],
    async handle({ params: { id }, body, caller, log }) {
      const range = {
        since: new Date(body.since),
        until: body.until === undefined ? now() : new Date(body.until),
      };
      const changed = await change(id, (endpoint) => {
        if (range.until <= range.since) throw invalid('#/until', 'must be later than since');
        return withRedrive(endpoint, range);
      });
      logChange({ log, caller }, id, 'redriven');
      return { status: 202, body: { webhook: toWebhookView(changed) } };
    },
  });

  const redriveEvent = route({
    ...ofOne,
    method: 'POST',
    path: `${BASE}/:id/redrive-event`,
    operationId: 'redriveWebhookEvent',
    summary: 'Send one event again, before anything new',
    description: 'Nothing is sent if there is no event with this id.',
    body: redriveEventBodySchema,
    answers: { 202: { description: 'It will be sent', schema: webhookResponseSchema } },
    problems: [standardProblems.not_found, standardProblems.conflict],
    async handle({ params: { id }, body: { event }, caller, log }) {
      const changed = await change(id, (endpoint) => withRedrive(endpoint, { event }));
      logChange({ log, caller }, id, 'redriven');
      return { status: 202, body: { webhook: toWebhookView(changed) } };
    },
  });

  return [list, add, one, edit, remove, pause, resume, rotate, listAttempts, redriveRange, redriveEvent];
}

/**
 * Logs a change of a webhook endpoint.
 * @param target where the endpoint sends events; absent if the change does not affect it. Only the origin of the URL is
 * logged, because the path may contain a secret
 */
function logChange(
  {
    log,
    caller,
  }: {
    readonly log: { info(fields: object, text: string): void };
    readonly caller: Caller<ActiveSessionWithProfile>;
  },
  endpoint: string,
  what: string,
  target?: Pick<WebhookEndpoint, 'url' | 'person'>,
): void {
  const changed = target && { origin: new URL(target.url).origin, person: target.person };
  log.info({ endpoint, admin: caller.profile.id, ...changed }, `a webhook was ${what}`);
}

/** Runs `work`, and maps EndpointRefusedError to a problem. */
async function mapRefusals<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EndpointRefusedError)) throw error;
    if (error.reason === 'url') throw invalid('#/url', error.message);
    throw new Problem(standardProblems.conflict, { detail: error.message });
  }
}

function invalid(pointer: string, message: string): Problem {
  return createValidationProblem([{ pointer, code: 'invalid', message }]);
}
