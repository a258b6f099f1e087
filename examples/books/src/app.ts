import Router from '@koa/router';
import type { Guard } from '@latchkey/guard';
import { callerOf, koaGuard } from '@latchkey/guard/koa';
import Koa from 'koa';
import { z } from 'zod';
import { type Book, type BookRepository, bookFieldsSchema } from './books.ts';
import { readJson } from './read-json.ts';

const BASE = '/api/v1/books';

/**
 * Creates the HTTP API. Every account may read books. Verified accounts may add books and change their own. Admins may
 * change all books.
 */
export function createApp(guard: Guard, books: BookRepository): Koa {
  const { authenticated, verified, role } = koaGuard(guard);
  const router = new Router({ prefix: BASE });

  router.get('/', authenticated(), (context) => {
    context.body = { books: books.list() };
  });

  router.get('/:id', authenticated(), (context) => {
    context.body = bookOf(context, books);
  });

  router.post('/', verified(), async (context) => {
    const fields = await readJson(context, bookFieldsSchema);
    context.body = books.add(fields, callerOf(context).account);
    context.status = 201;
  });

  router.patch('/:id', verified(), async (context) => {
    const book = bookOf(context, books);
    assertMayChange(context, book);
    context.body = books.change(book, definedOnly(await readJson(context, bookFieldsSchema.partial())));
  });

  router.delete('/:id', role('admin'), (context) => {
    books.remove(bookOf(context, books));
    context.status = 204;
  });

  const app = new Koa();
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

const id = z.uuid();

function bookOf(context: Koa.Context, books: BookRepository): Book {
  const parsed = id.safeParse(context['params'].id);
  const book = parsed.success ? books.find(parsed.data) : undefined;
  return book ?? context.throw(404, 'There is no such book.');
}

function assertMayChange(context: Koa.Context, { addedBy }: Book): void {
  const { account, role } = callerOf(context);
  if (account !== addedBy && role !== 'admin') context.throw(403, 'Only its owner and admins change a book.');
}

function definedOnly<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
