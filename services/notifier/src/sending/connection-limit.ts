/**
 * Limits the number of concurrent connections to the mail server. If the server refuses a connection or mail
 * because there are too many connections, the limit is halved. After each round of accepted mails, the limit
 * grows by one. For AVOIDED_MS, it does not grow to a number that was too high before. Otherwise, a server
 * that allows a fixed number would get one connection too many after every few mails.
 */
export interface ConnectionLimitState {
  /** The maximum number of connections that the settings allow. */
  readonly most: number;
  readonly now: number;
  /** How many mails were accepted since the number of connections last changed. */
  readonly accepted: number;
  /**
   * When the number of connections was last reduced, in ms. Refusals of mails that were begun earlier are
   * ignored, because they say nothing about the current number.
   */
  readonly reducedAt: number;
  /** The last number of connections that was too high, and the time until which it is avoided, in ms. */
  readonly tooMany?: { readonly connections: number; readonly until: number };
}

/** How long a number of connections that was too high is avoided, in ms. */
const AVOIDED_MS = 60_000;

export function createConnectionLimit(most: number): ConnectionLimitState {
  return { most, now: most, accepted: 0, reducedAt: Number.NEGATIVE_INFINITY };
}

/**
 * Returns the connection limit after the server said that there are too many connections.
 * @param open how many connections were open at that time
 * @param startedAt when the refused mail was begun, in ms
 */
export function lowerConnectionLimit(
  limit: ConnectionLimitState,
  { open, startedAt, now }: { readonly open: number; readonly startedAt: number; readonly now: number },
): ConnectionLimitState {
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

export function raiseConnectionLimit(limit: ConnectionLimitState, now: number): ConnectionLimitState {
  if (limit.now >= limit.most) return limit;
  const accepted = limit.accepted + 1;
  const { tooMany, ...rest } = limit;
  const avoided = tooMany !== undefined && now < tooMany.until ? tooMany : undefined;
  if (accepted < limit.now || limit.now + 1 === avoided?.connections) return { ...limit, accepted };
  return { ...rest, now: limit.now + 1, accepted: 0, ...(avoided && { tooMany: avoided }) };
}
