import type { DataOf } from '@latchkey/events';
import type { MailDefinition } from '../src/mails/define-mail.ts';
import * as registry from './registry.ts';

export const allMailDefinitions: readonly MailDefinition[] = Object.values(registry);

/**
 * The mails that an admin can send to a list of addresses. Every variable of such a mail must have a default,
 * because the recipients need not have accounts.
 */
export const mailDefinitionsForMailings: Readonly<
  Record<DataOf<'MailRequested'>['template'], MailDefinition>
> = {
  welcome: registry.welcomeMail,
};
