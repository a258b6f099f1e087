/**
 * How many connections to the mail server are open at the same time: additive increase, multiplicative decrease. Half
 * of them are given up when the server says that there are too many; one is added after each round of accepted mails.
 * A number that was too many is not tried again for a while, so that a server with a fixed limit is not offended
 * again and again.
 */
export interface ConnectionLimit {
  /** As many as the settings allow. */
  readonly most: number;
  readonly now: number;
  /** Accepted mails since the last change. */
  readonly accepted: number;
  /** When the number was last reduced, in ms; earlier results say nothing about the present number. */
  readonly reducedAt: number;
  /** The number that was too many last, and until when it is avoided. */
  readonly tooMany?: { readonly connections: number; readonly until: number };
}

/** How long a number that was too many is avoided, in ms. */
const AVOIDED_MS = 60_000;

export function initialLimit(most: number): ConnectionLimit {
  return { most, now: most, accepted: 0, reducedAt: Number.NEGATIVE_INFINITY };
}

/** @param open how many connections were open @param startedAt when that mail was begun, in ms */
export function afterBusy(
  limit: ConnectionLimit,
  { open, startedAt, now }: { readonly open: number; readonly startedAt: number; readonly now: number },
): ConnectionLimit {
  if (startedAt < limit.reducedAt) return limit;
  const connections = Math.max(1, Math.min(open, limit.now));
  return {
    most: limit.most,
    now: Math.max(1, Math.floor(connections / 2)),
    accepted: 0,
    reducedAt: now,
    ...(connections > 1 && { tooMany: { connections, until: now + AVOIDED_MS } }),
  };
}

export function afterAccepted(limit: ConnectionLimit, now: number): ConnectionLimit {
  if (limit.now >= limit.most) return limit;
  const accepted = limit.accepted + 1;
  const { tooMany, ...rest } = limit;
  const avoided = tooMany !== undefined && now < tooMany.until ? tooMany : undefined;
  if (accepted < limit.now || limit.now + 1 === avoided?.connections) return { ...limit, accepted };
  return { ...rest, now: limit.now + 1, accepted: 0, ...(avoided && { tooMany: avoided }) };
}
