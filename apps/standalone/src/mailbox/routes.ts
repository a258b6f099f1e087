/**
 * The HTTP API of the mailbox. The paths below /mailbox and the names of fields are the same as in Mailpit's
 * API, so that the same tests run with this mailbox and with Mailpit.
 * https://mailpit.axllent.org/docs/api-v1/
 */
import { Problem, type Route, type RouteResponse, route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import { localOnlyPolicy } from '../pages/local-only.ts';
import { createMailPageResponse } from './mail-page.ts';
import type { Mailbox, MailPageRange, MailSearchResult } from './mailbox.ts';
import { mailMessageHeadersSchema, mailMessageSchema, mailMessageSummarySchema } from './message.ts';

const base = '/mailbox/api/v1';
const shared = { tag: 'mailbox', hidden: true, quiet: true, policy: localOnlyPolicy } as const;

const start = z.coerce.number().int().min(0).default(0);
const limit = z.coerce.number().int().min(0).max(1000).default(50);
const listQuery = z.object({ start, limit });
/**
 * The maximum length of a query. Each word of a query adds a level to an SQL expression, and SQLite allows 1,000
 * levels.
 */
const MAX_QUERY_LENGTH = 1000;
const searchQuery = z.object({ query: z.string().trim().min(1).max(MAX_QUERY_LENGTH), start, limit });
const byId = z.object({ id: z.string().min(1).max(64) });
const selection = z.object({ IDs: z.array(z.string()).default([]) });
const readState = z.object({ Read: z.boolean().default(false), IDs: z.array(z.string()).default([]) });

export const mailMessagePageSchema = z.object({
  total: z.number(),
  unread: z.number(),
  count: z.number(),
  messages_count: z.number(),
  messages_unread: z.number(),
  start: z.number(),
  tags: z.array(z.string()),
  messages: z.array(mailMessageSummarySchema),
});

function listed(found: MailSearchResult, page: MailPageRange): RouteResponse {
  return {
    status: 200,
    body: {
      total: found.total,
      unread: found.unread,
      count: found.messages.length,
      messages_count: found.matching,
      messages_unread: found.matchingUnread,
      start: page.start,
      tags: [],
      messages: found.messages,
    },
  };
}

function plain(text: string): RouteResponse {
  return { status: 200, text: { type: 'text/plain; charset=utf-8', text } };
}
const okText = { 200: { description: 'ok', media: ['text/plain'] } };

function existing<T>(value: T | undefined): T {
  if (value === undefined)
    throw new Problem(standardProblems.not_found, { detail: 'There is no such message.' });
  return value;
}

export function createMailboxRoutes(mailbox: Mailbox): readonly Route[] {
  return [
    route({
      ...shared,
      method: 'GET',
      path: `${base}/messages`,
      summary: 'List messages, newest first',
      query: listQuery,
      answers: { 200: { description: 'A page of messages', schema: mailMessagePageSchema } },
      handle: async ({ query }) => listed(mailbox.search('', query), query),
    }),
    route({
      ...shared,
      method: 'GET',
      path: `${base}/search`,
      summary: 'Search messages, newest first',
      query: searchQuery,
      answers: { 200: { description: 'A page of messages', schema: mailMessagePageSchema } },
      handle: async ({ query }) => listed(mailbox.search(query.query, query), query),
    }),
    route({
      ...shared,
      method: 'PUT',
      path: `${base}/messages`,
      summary: 'Mark messages as read or unread; all of them without ids',
      body: readState,
      answers: okText,
      handle: async ({ body }) => {
        await mailbox.mark(body.IDs, body.Read);
        return plain('ok');
      },
    }),
    route({
      ...shared,
      method: 'DELETE',
      path: `${base}/messages`,
      summary: 'Delete messages; all of them without ids',
      body: selection.optional(),
      accepts: ['json', 'none'],
      answers: okText,
      handle: async ({ body }) => {
        await mailbox.remove(body?.IDs ?? []);
        return plain('ok');
      },
    }),
    route({
      ...shared,
      method: 'GET',
      path: `${base}/message/:id`,
      summary: 'Open a message (or the `latest`), marking it as read',
      params: byId,
      answers: { 200: { description: 'The message', schema: mailMessageSchema } },
      problems: [standardProblems.not_found],
      handle: async ({ params }) => ({ status: 200, body: existing(await mailbox.open(params.id)) }),
    }),
    route({
      ...shared,
      method: 'GET',
      path: `${base}/message/:id/headers`,
      summary: 'The headers of a message',
      params: byId,
      answers: { 200: { description: 'The headers', schema: mailMessageHeadersSchema } },
      problems: [standardProblems.not_found],
      handle: async ({ params }) => ({ status: 200, body: existing(await mailbox.headers(params.id)) }),
    }),
    route({
      ...shared,
      method: 'GET',
      path: `${base}/message/:id/raw`,
      summary: 'The source of a message',
      params: byId,
      answers: { 200: { description: 'The source', media: ['text/plain'] } },
      problems: [standardProblems.not_found],
      handle: async ({ params }) => plain(Buffer.from(existing(mailbox.raw(params.id))).toString('utf8')),
    }),
    route({
      ...shared,
      method: 'GET',
      path: '/mailbox/view/:id',
      summary: 'The HTML of a message, for a sandboxed frame',
      params: byId,
      answers: { 200: { description: 'The page', media: ['text/html'] } },
      problems: [standardProblems.not_found],
      handle: async ({ params }) => createMailPageResponse(existing(await mailbox.open(params.id)).HTML),
    }),
  ];
}
