/** Endpoints: the URLs that events are sent to, and the position of each in the log. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EndpointRefused } from './endpoint-refused.ts';

/** An instant: a Date here, a string in the store. */
const instant = z.union([z.date(), z.iso.datetime()]).pipe(z.coerce.date());

const storedSecret = z.object({
  /**
   * The secret, sealed by `seal.ts`. A secret that was stored by a release without sealing is `whsec_…`, in the format
   * of Standard Webhooks, until the next start seals it.
   */
  secret: z.string(),
  since: instant,
  /** The time until which requests are signed with the secret; unset for the current secret. */
  until: instant.optional(),
});

/** The events to send again: one by its id, or those of a time range that excludes `until`. */
const redriveRange = z.union([z.object({ event: z.string() }), z.object({ since: instant, until: instant })]);

/** An account whose events from `offset` up to the cursor wait for a retry. */
const waitingAccount = z.object({
  account: z.string(),
  partition: z.number(),
  offset: z.number(),
  /** The id of the event at that offset. */
  event: z.string(),
  /** The number of attempts to send that event. */
  attempts: z.number(),
  next: instant,
  /**
   * Set if the account waits for events of a redrive: of its events before the offset `until`, only those in `ranges`
   * are sent.
   */
  redriven: z.object({ ranges: z.array(redriveRange), until: z.number() }).optional(),
});

/** The failures since the last successful delivery. */
const failing = z.object({
  since: instant,
  /** How many attempts have failed in a row. */
  count: z.number(),
  next: instant,
  reason: z.string(),
});

const redrive = z.object({
  /** A new id for each request for a redrive, so that a delivery round notices that a newer redrive was requested. */
  id: z.string(),
  ranges: z.array(redriveRange),
  /**
   * The endpoint's cursor at the time of the request. Later events need not be sent again, because they have not been
   * sent yet.
   */
  end: z.string(),
  cursor: z.string().optional(),
});

const delivery = z.object({
  /**
   * The number of delivery rounds whose outcome was stored. A process discards its outcome if another process has
   * stored one in the meantime.
   */
  round: z.number(),
  /** The position in the log, as a cursor of the feed. Unset if nothing was read. */
  cursor: z.string().optional(),
  waiting: z.array(waitingAccount),
  failing: failing.optional(),
  /**
   * Whether `ops move` moved the endpoint from another log. If so, `SentSequences` has the sequences from before the
   * move.
   */
  moved: z.literal(true).optional(),
  /** Whether the endpoint has reached the end of the log once. */
  caughtUp: z.literal(true).optional(),
  /** The number of requests that were sent to the endpoint so far. It numbers the attempts. */
  attempts: z.number(),
  redrive: redrive.optional(),
});

export const storedEndpointSchema = z.object({
  id: z.string(),
  /** Changes with every write, so that concurrent changes are noticed. */
  version: z.number(),
  /** How many times an operator has changed the endpoint. A delivery round ends when it finds a newer revision. */
  revision: z.number().default(0),
  name: z.string(),
  url: z.string(),
  /** The types of events that are sent. Unset: all. */
  types: z.array(z.string()).optional(),
  /** Whether events contain personal data (`data.person`). */
  person: z.boolean(),
  createdAt: instant,
  /** Events with an earlier time are not sent. */
  since: instant,
  secrets: z.array(storedSecret),
  paused: z.object({ at: instant, by: z.enum(['operator', 'failures']), reason: z.string() }).optional(),
  delivery,
});

export type WebhookEndpoint = z.infer<typeof storedEndpointSchema>;
export type DeliveryProgress = z.infer<typeof delivery>;
export type WaitingAccount = z.infer<typeof waitingAccount>;
export type RedriveRange = z.infer<typeof redriveRange>;
export type Redrive = z.infer<typeof redrive>;

const ID_BYTES = 8;
/**
 * How far the clocks of two processes may differ, in ms: beyond that, /readyz reports `degraded`. The time of an event
 * is that of auth, and the creation of an endpoint that of another process.
 */
const MAX_CLOCK_SKEW_MS = 30_000;
const SECRET_BYTES = 32;

/** The maximum number of endpoints. It is low because each endpoint has its own reader of the log. */
export const MAX_ENDPOINTS = 50;

/** The maximum number of secrets that are valid at the same time, because each adds a signature to every request. */
export const MAX_SECRETS = 5;

/**
 * The maximum number of redrives in progress, because every event that is read is compared with each of their ranges.
 */
export const MAX_REDRIVES = 20;

export type EndpointState = 'active' | 'failing' | 'paused';

/** Returns `paused` for a paused endpoint, `failing` if the last attempts have all failed, otherwise `active`. */
export function endpointStateOf({
  paused: pause,
  delivery: { failing: since },
}: WebhookEndpoint): EndpointState {
  if (pause !== undefined) return 'paused';
  return since === undefined ? 'active' : 'failing';
}

/** Generates a secret of Standard Webhooks. */
export function generateEndpointSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** The fields that an operator sets. */
export type EndpointFields = Pick<WebhookEndpoint, 'name' | 'url' | 'types' | 'person'>;

/** Returns the stored form of a list of types: an empty list means all types, so it is left out. */
function storedTypes(types: readonly string[] | undefined): Pick<WebhookEndpoint, 'types'> {
  return types === undefined || types.length === 0 ? {} : { types: [...types] };
}

export type NewEndpoint = EndpointFields & {
  /** The place in the log at which the endpoint begins. `now`: with the next event. */
  readonly from: 'beginning' | 'now';
};

export function generateEndpointId(): string {
  return `we_${randomBytes(ID_BYTES).toString('hex')}`;
}

/** Creates an endpoint. @param sealed the sealed secret that its requests are signed with */
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

/** Returns the sealed secrets that a request is signed with, the current one first. */
export function signingSecretsOf(
  { secrets }: Pick<WebhookEndpoint, 'secrets'>,
  now: Date,
): readonly string[] {
  return secrets
    .filter(({ until }) => until === undefined || until > now)
    .map(({ secret }) => secret)
    .toReversed();
}

/**
 * Returns the endpoint with a new sealed secret as its current one. Until `until`, requests are also signed with the
 * former secrets.
 * @throws EndpointRefused if there would be too many valid secrets
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
  if (former.length >= MAX_SECRETS)
    throw new EndpointRefused(
      'later',
      `${MAX_SECRETS} secrets are valid, which is the most. Wait until one of them ends, or rotate without an overlap.`,
    );
  return revised({ ...endpoint, secrets: [...former, { secret: sealed, since: now }] });
}

/** Fields to change; those that are undefined stay as they are. */
export type ChangedFields = { readonly [Name in keyof EndpointFields]?: EndpointFields[Name] | undefined };

/**
 * Returns the endpoint with changed fields. Earlier events of types that are added are not sent. After a change of the
 * URL, all waiting events are due immediately.
 */
export function withChangedFields(
  endpoint: WebhookEndpoint,
  changed: ChangedFields,
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

/** Returns the endpoint, paused. If it is already paused, it keeps its reason. */
export function pauseEndpoint(endpoint: WebhookEndpoint, now: Date): WebhookEndpoint {
  return revised({
    ...endpoint,
    paused: endpoint.paused ?? { at: now, by: 'operator', reason: 'paused by an operator' },
  });
}

/** Returns the endpoint, no longer paused. All waiting events are due immediately. */
export function resumeEndpoint({ paused: _, ...endpoint }: WebhookEndpoint, now: Date): WebhookEndpoint {
  return revised({ ...endpoint, delivery: dueNow(endpoint.delivery, now) });
}

/**
 * Returns the endpoint with a range of events to send again. No-op if the endpoint has read nothing yet and skips
 * nothing, because all events are still to be sent.
 * @throws EndpointRefused if too many redrives are in progress, or if the endpoint skips events until it has reached the
 * end of the log: those before its creation, or those that were sent before it was moved
 */
export function withRedrive(endpoint: WebhookEndpoint, range: RedriveRange): WebhookEndpoint {
  const { cursor, redrive: running, moved, caughtUp, waiting } = endpoint.delivery;
  if (!caughtUp && (moved || endpoint.since.getTime() > 0))
    throw new EndpointRefused(
      'later',
      endpoint.paused === undefined
        ? 'The webhook has not reached the end of the log yet. Try again once the user service has read the log.'
        : 'The webhook was paused before it had reached the end of the log. Resume it, then try again.',
    );
  if (cursor === undefined) return endpoint;
  const ranges = running?.ranges ?? [];
  if (ranges.length >= MAX_REDRIVES)
    throw new EndpointRefused(
      'later',
      `${MAX_REDRIVES} redrives are in progress, which is the most. Wait until they are complete.`,
    );
  return revised({
    ...endpoint,
    delivery: {
      ...endpoint.delivery,
      waiting: waiting.map((account) => withRedrivenRange(account, range)),
      // If a redrive is in progress, it starts again with one more range.
      redrive: {
        id: randomBytes(ID_BYTES).toString('hex'),
        ranges: [...ranges, range],
        end: cursor,
      },
    },
  });
}

/** Adds a range to those that a waiting account gets. If there are too many, it gets all of its events again. */
function withRedrivenRange({ redriven, ...account }: WaitingAccount, range: RedriveRange): WaitingAccount {
  if (redriven === undefined || redriven.ranges.length >= MAX_REDRIVES) return account;
  return { ...account, redriven: { ...redriven, ranges: [...redriven.ranges, range] } };
}
