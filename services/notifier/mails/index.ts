import type { DataOf } from '@latchkey/events';
import type { Mail } from '../src/mails/define-mail.ts';
import * as registry from './registry.ts';

export const mails: readonly Mail[] = Object.values(registry);

/** The mails that an admin can send to a list of addresses. Their variables must have defaults. */
export const mailings: Readonly<Record<DataOf<'MailRequested'>['template'], Mail>> = {
  welcome: registry.welcome,
};
