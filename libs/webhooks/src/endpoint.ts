/** Endpoints: the URLs to which events are sent, with the delivery progress of each. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EndpointRefusedError } from './endpoint-refused.ts';

/** A timestamp: a Date in memory, a string in the store. */
const instant = z.union([z.date(), z.iso.datetime()]).pipe(z.coerce.date());

const storedSecret = z.object({
  /**
   * The secret, encrypted by `seal.ts`. An earlier release stored secrets in plain text, as `whsec_…` (the
   * format of Standard Webhooks). The user service encrypts such a secret when it starts.
   */
  secret: z.string(),
  since: instant,
  /** The time until which requests are signed with this secret. Unset for the current secret. */
  until: instant.optional(),
});

/**
 * Selects events to send again: one event by its id, or all events whose time is in the range `since` <= time
 * < `until`.
 */
const redriveRange = z.union([z.object({ event: z.string() }), z.object({ since: instant, until: instant })]);

/**
 * An account whose next event waits for a retry. None of the account's events from `offset` up to the
 * endpoint's cursor is delivered yet.
 */
const waitingAccount = z.object({
  account: z.string(),
  partition: z.number(),
  offset: z.number(),
  /** The id of the event at `offset`, which is the next one to send. */
  event: z.string(),
  /** How many times the event at `offset` has been sent without success. */
  attempts: z.number(),
  next: instant,
  /**
   * Set if the account waits because an event of a redrive (which sends past events again) was not delivered.
   * Of the account's events before the offset `until`, only those in `ranges` are then sent again.
   */
  redriven: z.object({ ranges: z.array(redriveRange), until: z.number() }).optional(),
});

/** The failed requests since the last successful delivery. */
const failing = z.object({
  since: instant,
  /** How many attempts have failed in a row. */
  count: z.number(),
  next: instant,
  reason: z.string(),
});

const redrive = z.object({
  /**
   * The id of the latest request for a redrive. If this id changes during a delivery round, another redrive
   * was requested during the round.
   */
  id: z.string(),
  ranges: z.array(redriveRange),
  /**
   * The endpoint's cursor when the redrive was requested. The redrive ends there, because later events will
   * be sent for the first time anyway.
   */
  end: z.string(),
  cursor: z.string().optional(),
});

const delivery = z.object({
  /**
   * How many delivery rounds of this endpoint have stored their outcome. If this number changes while a
   * process runs a round, another process has taken over, and the first process discards the outcome of its
   * round.
   */
  round: z.number(),
  /**
   * The position in the log, in the format of the feed's cursors. Unset until the endpoint has read
   * something.
   */
  cursor: z.string().optional(),
  waiting: z.array(waitingAccount),
  failing: failing.optional(),
  /**
   * Set if `ops move` has moved the endpoint from another log. A {@link LastSentSequenceStore} contains, for
   * each account, how far its events were sent before the move.
   */
  moved: z.literal(true).optional(),
  /** Set once the endpoint has reached the end of the log for the first time. */
  caughtUp: z.literal(true).optional(),
  /** How many requests have been sent. The next attempt gets this number. */
  attempts: z.number(),
  redrive: redrive.optional(),
});

export const storedEndpointSchema = z.object({
  id: z.string(),
  /** Incremented with every write, for optimistic concurrency control. */
  version: z.number(),
  /**
   * How many times an operator has changed the endpoint. A delivery round stops when the revision has
   * changed.
   */
  revision: z.number().default(0),
  name: z.string(),
  url: z.string(),
  /** The types of events to send. Unset for all types. */
  types: z.array(z.string()).optional(),
  /** Whether the sent events contain personal data (`data.person`). */
  person: z.boolean(),
  createdAt: instant,
  /** Events that happened before this time are not sent. */
  since: instant,
  secrets: z.array(storedSecret),
  paused: z.object({ at: instant, by: z.enum(['operator', 'failures']), reason: z.string() }).optional(),
  delivery,
});

export type WebhookEndpoint = z.infer<typeof storedEndpointSchema>;
export type DeliveryProgress = z.infer<typeof delivery>;
export type AccountAwaitingRetry = z.infer<typeof waitingAccount>;
export type RedriveRange = z.infer<typeof redriveRange>;
export type RunningRedrive = z.infer<typeof redrive>;

const ID_BYTES = 8;
/**
 * How far the clocks of two processes may differ, in ms, before /readyz reports `degraded`. The difference
 * matters because auth's clock determines the time of an event, but the clock of another process determines
 * the endpoint's `since`, and the two times are compared.
 */
const MAX_CLOCK_SKEW_MS = 30_000;
const SECRET_BYTES = 32;

/** The maximum number of endpoints. It is low because each endpoint reads the whole log separately. */
export const MAX_ENDPOINTS = 50;

/**
 * How many secrets of an endpoint may be valid at the same time. Each secret adds a signature to every
 * request.
 */
export const MAX_SECRETS_PER_ENDPOINT = 5;

/**
 * How many redrives of an endpoint may be in progress at the same time. The number is limited because every
 * event is compared with the ranges of all redrives.
 */
export const MAX_REDRIVES_PER_ENDPOINT = 20;

export type EndpointState = 'active' | 'failing' | 'paused';

/**
 * Returns `paused` for a paused endpoint, `failing` if the most recent attempt failed, otherwise `active`.
 */
export function computeEndpointState({
  paused: pause,
  delivery: { failing: since },
}: WebhookEndpoint): EndpointState {
  if (pause !== undefined) return 'paused';
  return since === undefined ? 'active' : 'failing';
}

/** Generates a secret in the format of Standard Webhooks. */
export function generateEndpointSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** The fields of an endpoint that an operator can set. */
export type EndpointFields = Pick<WebhookEndpoint, 'name' | 'url' | 'types' | 'person'>;

/** Returns the `types` field in its stored form. An empty list means all types, so the field is omitted. */
function storedTypes(types: readonly string[] | undefined): Pick<WebhookEndpoint, 'types'> {
  return types === undefined || types.length === 0 ? {} : { types: [...types] };
}

export type NewEndpoint = EndpointFields & {
  /**
   * Which events a new endpoint gets. `beginning`: all events in the log. `now`: only events that happen
   * after the endpoint is created.
   */
  readonly from: 'beginning' | 'now';
};

export function generateEndpointId(): string {
  return `we_${randomBytes(ID_BYTES).toString('hex')}`;
}

/** Creates an endpoint. @param sealed the encrypted secret with which its requests are signed */
export function createEndpoint(
  of: NewEndpoint,
  { id, sealed, now }: { readonly id: string; readonly sealed: string; readonly now: Date },
): WebhookEndpoint {
  const { from, types, ...fields } = of;
  return {
    id,
    version: 1,
    revision: 0,
    ...fields,
    ...storedTypes(types),
    createdAt: now,
    since: new Date(from === 'now' ? now.getTime() - MAX_CLOCK_SKEW_MS : 0),
    secrets: [{ secret: sealed, since: now }],
    delivery: { round: 0, waiting: [], attempts: 0 },
  };
}

/** Returns the encrypted secrets with which a request must be signed, the current one first. */
export function getSigningSecrets(
  { secrets }: Pick<WebhookEndpoint, 'secrets'>,
  now: Date,
): readonly string[] {
  return secrets
    .filter(({ until }) => until === undefined || until > now)
    .map(({ secret }) => secret)
    .toReversed();
}

/**
 * Returns the endpoint with a new current secret. Until the time `until`, requests are also signed with the
 * former secrets.
 * @param sealed the new secret, encrypted
 * @throws EndpointRefusedError if too many secrets would be valid at the same time
 */
export function withNewSecret(
  endpoint: WebhookEndpoint,
  { sealed, now, until }: { readonly sealed: string; readonly now: Date; readonly until: Date },
): WebhookEndpoint {
  const former = endpoint.secrets
    .map((secret) => ({
      ...secret,
      until: secret.until === undefined || secret.until > until ? until : secret.until,
    }))
    .filter((secret) => secret.until > now);
  if (former.length >= MAX_SECRETS_PER_ENDPOINT)
    throw new EndpointRefusedError(
      'later',
      `${MAX_SECRETS_PER_ENDPOINT} secrets are valid, which is the maximum. Wait until one of them expires, or rotate without an overlap.`,
    );
  return revised({ ...endpoint, secrets: [...former, { secret: sealed, since: now }] });
}

/** The fields to change. A field that is undefined keeps its value. */
export type ChangedEndpointFields = {
  readonly [Name in keyof EndpointFields]?: EndpointFields[Name] | undefined;
};

/**
 * Returns the endpoint with changed fields. If event types are added, past events of these types are not
 * sent. If the URL changes, all events that wait for a retry are sent to the new URL immediately.
 */
export function withChangedEndpointFields(
  endpoint: WebhookEndpoint,
  changed: ChangedEndpointFields,
  now: Date,
): WebhookEndpoint {
  const { types: former, ...rest } = endpoint;
  const { name = rest.name, url = rest.url, person = rest.person, types = former } = changed;
  const delivery = url === rest.url ? rest.delivery : dueNow(rest.delivery, now);
  return revised({ ...rest, name, url, person, delivery, ...storedTypes(types) });
}

function revised(endpoint: WebhookEndpoint): WebhookEndpoint {
  return { ...endpoint, revision: endpoint.revision + 1 };
}

function dueNow({ failing: _, waiting, ...rest }: DeliveryProgress, now: Date): DeliveryProgress {
  return { ...rest, waiting: waiting.map((account) => ({ ...account, next: now })) };
}

/** Pauses an endpoint. An endpoint that is already paused keeps its earlier reason. */
export function pauseEndpoint(endpoint: WebhookEndpoint, now: Date): WebhookEndpoint {
  return revised({
    ...endpoint,
    paused: endpoint.paused ?? { at: now, by: 'operator', reason: 'paused by an operator' },
  });
}

/** Resumes a paused endpoint. All waiting events are due immediately. */
export function resumeEndpoint({ paused: _, ...endpoint }: WebhookEndpoint, now: Date): WebhookEndpoint {
  return revised({ ...endpoint, delivery: dueNow(endpoint.delivery, now) });
}

/**
 * Returns the endpoint with a redrive of the given range of past events. An endpoint that has read nothing
 * yet is returned unchanged, because it will get all events anyway.
 * @throws EndpointRefusedError if too many redrives are in progress, or if the endpoint has not reached the
 * end of the log yet and still skips events: those before its creation, or those that were sent before `ops
 * move`
 */
export function withRedrive(endpoint: WebhookEndpoint, range: RedriveRange): WebhookEndpoint {
  const { cursor, redrive: running, moved, caughtUp, waiting } = endpoint.delivery;
  if (!caughtUp && (moved || endpoint.since.getTime() > 0))
    throw new EndpointRefusedError(
      'later',
      endpoint.paused === undefined
        ? 'The webhook has not reached the end of the log yet. Try again once the user service has read the log.'
        : 'The webhook was paused before it had reached the end of the log. Resume it, then try again.',
    );
  if (cursor === undefined) return endpoint;
  const ranges = running?.ranges ?? [];
  if (ranges.length >= MAX_REDRIVES_PER_ENDPOINT)
    throw new EndpointRefusedError(
      'later',
      `${MAX_REDRIVES_PER_ENDPOINT} redrives are in progress, which is the maximum. Wait until they are complete.`,
    );
  return revised({
    ...endpoint,
    delivery: {
      ...endpoint.delivery,
      waiting: waiting.map((account) => withRedrivenRange(account, range)),
      // If a redrive is already in progress, start it again from the beginning, with this range as well.
      redrive: {
        id: randomBytes(ID_BYTES).toString('hex'),
        ranges: [...ranges, range],
        end: cursor,
      },
    },
  });
}

/**
 * Adds a range to the ranges of events that are sent again for a waiting account. If there are too many
 * ranges, all of the account's events are sent again instead.
 */
function withRedrivenRange(
  { redriven, ...account }: AccountAwaitingRetry,
  range: RedriveRange,
): AccountAwaitingRetry {
  if (redriven === undefined || redriven.ranges.length >= MAX_REDRIVES_PER_ENDPOINT) return account;
  return { ...account, redriven: { ...redriven, ranges: [...redriven.ranges, range] } };
}
