/** The routes that exist only in development: the pages and their data. */
import type { Route } from '@latchkey/http';
import { type ApiDocumentFactories, createApiDocsRoutes } from '../docs/routes.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { mailboxRoutes } from '../mailbox/routes.ts';
import { type TopicRecordReader, topicsRoutes } from '../topics/routes.ts';
import { assetRoutes } from './assets.ts';

export function developmentRoutes(
  parts: ApiDocumentFactories & { readonly mailbox: Mailbox; readonly log: TopicRecordReader },
): readonly Route[] {
  return [
    ...assetRoutes(),
    ...mailboxRoutes(parts.mailbox),
    ...topicsRoutes(parts.log),
    ...createApiDocsRoutes(parts),
  ];
}
