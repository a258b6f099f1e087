/**
 * Decides whether an unclear refusal of a mail is about the recipient or about us. It is about the recipient
 * if the server accepts mails to other recipients, and about us if it refuses several recipients in a row.
 * The refusals and acceptances are remembered in memory only. After a restart, a mail may therefore be tried
 * once more, but no mail is lost.
 */
import type { DeliveryAttemptResult, MailServerProbeResult } from '../delivery/attempt.ts';
import type { AttemptFailureDetails } from '../delivery/reply.ts';
import { REFUSALS_UNTIL_CIRCUIT_OPENS } from './circuit.ts';

/**
 * The maximum number of refused mails to remember. If a mail is forgotten, the notifier makes one more
 * attempt to send it.
 */
const REMEMBERED = 10_000;

/** Remembers which recipients were refused and accepted, to find the cause of unclear refusals. */
export interface RefusalHistory {
  /**
   * Records the result of sending a mail.
   * @returns the given result, or `refused` instead of `undecided` if the evidence shows that the recipient
   * is the cause
   */
  judge(
    mail: { readonly id: string; readonly to: string },
    result: DeliveryAttemptResult,
  ): DeliveryAttemptResult;
  /** Returns how many different recipients were refused in a row for reasons on our side or for unclear reasons. */
  refusedInARow(): number;
  /** Returns how many different recipients were refused or deferred in a row, for any reason. */
  failedInARow(): number;
}

interface Acceptance {
  readonly to: string;
  /** The position of this mail among all mails that the server has accepted: 1 for the first. */
  readonly number: number;
}

export function createRefusalHistory(): RefusalHistory {
  /**
   * The latest accepted mail, followed by the latest accepted mail to any other recipient. Contains at most
   * these two.
   */
  let accepted: readonly Acceptance[] = [];
  let acceptances = 0;
  /** For each delivery: how many mails had been accepted when its mail was first refused. */
  const firstRefused = new Map<string, number>();
  const inARow = new Set<string>();
  const allInARow = new Set<string>();

  function noteAccepted(id: string, to: string): void {
    acceptances += 1;
    accepted = [{ to, number: acceptances }, ...accepted.filter((each) => each.to !== to)].slice(0, 2);
    firstRefused.delete(id);
    inARow.clear();
    allInARow.clear();
  }

  /**
   * Returns whether the server accepted a mail to a recipient other than `to` after it first refused the mail
   * of delivery `id`.
   */
  function othersGotThrough(id: string, to: string): boolean {
    const other = accepted.find((each) => each.to !== to);
    return other !== undefined && other.number > (firstRefused.get(id) ?? Number.POSITIVE_INFINITY);
  }

  function decide(id: string, to: string, failure: AttemptFailureDetails): DeliveryAttemptResult {
    add(inARow, to);
    if (othersGotThrough(id, to) && inARow.size < REFUSALS_UNTIL_CIRCUIT_OPENS) {
      firstRefused.delete(id);
      return { kind: 'refused', failure };
    }
    if (!firstRefused.has(id)) firstRefused.set(id, acceptances);
    const [oldest] = firstRefused.keys();
    if (firstRefused.size > REMEMBERED && oldest !== undefined) firstRefused.delete(oldest);
    return { kind: 'undecided', failure };
  }

  return {
    judge({ id, to }, result) {
      if (isRefusalOrDeferral(result)) add(allInARow, to);
      switch (result.kind) {
        case 'accepted':
          noteAccepted(id, to);
          return result;
        case 'undecided':
          return decide(id, to, result.failure);
        case 'rejected':
          add(inARow, to);
          return result;
        case 'deferred':
          // Also count a failure without a reply, because some servers drop the connection at every mail
          // instead of refusing it.
          if (result.failure.code === undefined) add(inARow, to);
          return result;
        default:
          return result;
      }
    },
    refusedInARow: () => inARow.size,
    failedInARow: () => allInARow.size,
  };
}

/** Returns whether a result means that the mail server refused or deferred a mail. */
export function isRefusalOrDeferral(result: DeliveryAttemptResult | MailServerProbeResult) {
  return (
    result.kind === 'refused' ||
    result.kind === 'undecided' ||
    result.kind === 'rejected' ||
    result.kind === 'deferred'
  );
}

function add(set: Set<string>, to: string): void {
  if (set.size < REMEMBERED) set.add(to);
}
