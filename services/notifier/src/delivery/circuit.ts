/**
 * Whether the mail server is worth asking. While it is away, one mail at a time probes it, or a knock where no
 * mail is due, about once a second; the first that gets through to it lets all the others follow. So an outage costs a second after its end at
 * most, and no mail's own back-off grows because of it.
 */
import type { KnockResult, TryResult } from './attempt.ts';

export type Circuit =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly why: 'unreachable' | 'unwelcome'; readonly probeAt: number };

export const closed: Circuit = { state: 'closed' };

const PROBE_MS = 1_000;
/** Who is refused for wrong credentials should not knock every second: servers lock such accounts. */
const UNWELCOME_PROBE_MS = 15_000;

/**
 * @param now on the monotonic clock, in ms
 * @param random in [0, 1)
 */
export function afterResult(
  circuit: Circuit,
  result: TryResult | KnockResult,
  now: number,
  random: number,
): Circuit {
  switch (result.kind) {
    case 'unreachable':
    case 'unwelcome': {
      const interval = result.kind === 'unwelcome' ? UNWELCOME_PROBE_MS : PROBE_MS;
      return { state: 'open', why: result.kind, probeAt: now + interval * (0.75 + random / 4) };
    }
    case 'welcome':
    case 'accepted':
    case 'refused':
    case 'deferred':
      return closed;
    default:
      return circuit;
  }
}

/** How many more deliveries may be taken up at `now`, with so many in hand. */
export function room(circuit: Circuit, now: number, inHand: number, concurrency: number): number {
  if (circuit.state === 'closed') return Math.max(0, concurrency - inHand);
  return now >= circuit.probeAt && inHand === 0 ? 1 : 0;
}
