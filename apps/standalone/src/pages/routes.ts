/** The routes that exist only in development: the pages and their data. */
import type { Route } from '@latchkey/http';
import { type ApiDocumentFactories, createApiDocsRoutes } from '../docs/routes.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { createMailboxRoutes } from '../mailbox/routes.ts';
import { createTopicsRoutes, type TopicRecordReader } from '../topics/routes.ts';
import { createAssetRoutes } from './assets.ts';

export function createDevelopmentRoutes(
  parts: ApiDocumentFactories & { readonly mailbox: Mailbox; readonly log: TopicRecordReader },
): readonly Route[] {
  return [
    ...createAssetRoutes(),
    ...createMailboxRoutes(parts.mailbox),
    ...createTopicsRoutes(parts.log),
    ...createApiDocsRoutes(parts),
  ];
}
