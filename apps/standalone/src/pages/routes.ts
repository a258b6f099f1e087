/** Everything that exists only in development: the pages and their JSON. */
import type { Route } from '@latchkey/http';
import { type Descriptions, docsRoutes } from '../docs/routes.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { mailboxRoutes } from '../mailbox/routes.ts';
import { type Log, topicsRoutes } from '../topics/routes.ts';
import { assetRoutes } from './assets.ts';

export function developmentRoutes(
  parts: Descriptions & { readonly mailbox: Mailbox; readonly log: Log },
): readonly Route[] {
  return [
    ...assetRoutes(),
    ...mailboxRoutes(parts.mailbox),
    ...topicsRoutes(parts.log),
    ...docsRoutes(parts),
  ];
}
