/** A mailing: the same mail to each of many addresses. The journal stores it as a single event. */
import type { DataOf } from '@latchkey/events';
import type { Fact, MailingFact, RefusalKind } from '../account/index.ts';

export type MailingState = { readonly status: 'none' | 'requested' };

/** A command that requests a mailing: the same mail to each of many addresses. */
export interface RequestMailingCommand {
  readonly type: 'RequestMail';
  readonly mailingId: string;
  readonly template: DataOf<'MailRequested'>['template'];
  /** The account id of the admin who requests the mailing. */
  readonly requestedBy: string;
  readonly recipients: readonly string[];
}

export const initialMailingState: MailingState = { status: 'none' };

export function isMailingFact<F extends Fact>(fact: F): fact is F & MailingFact {
  return fact.type === 'MailRequested';
}

export function applyMailingFact(_state: MailingState, _fact: MailingFact): MailingState {
  return { status: 'requested' };
}

export function decideMailing(
  state: MailingState,
  { mailingId, template, requestedBy, recipients }: RequestMailingCommand,
): { readonly facts: readonly MailingFact[]; readonly refusal?: RefusalKind } {
  if (state.status !== 'none') return { facts: [], refusal: 'conflict' };
  const data = { mailingId, template, requestedBy, person: { recipients: [...recipients] } };
  return { facts: [{ type: 'MailRequested', data }] };
}
