/** Stores the books in memory. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

export const bookFieldsSchema = z.strictObject({
  title: z.string().min(1).max(200),
  author: z.string().min(1).max(200),
  publisher: z.string().max(200).optional(),
  publishedDate: z.iso.date().optional(),
  pageCount: z.int().positive().optional(),
  language: z.string().max(35).optional(),
});

export type BookFields = z.infer<typeof bookFieldsSchema>;

export interface Book extends BookFields {
  readonly id: string;
  /** The id of the account that added the book. */
  readonly addedBy: string;
}

export interface BookRepository {
  list(): readonly Book[];
  find(id: string): Book | undefined;
  add(fields: BookFields, addedBy: string): Book;
  change(book: Book, fields: Partial<BookFields>): Book;
  remove(book: Book): void;
}

export function createBookRepository(): BookRepository {
  const books = new Map<string, Book>();
  function put(book: Book): Book {
    books.set(book.id, book);
    return book;
  }

  return {
    list: () => [...books.values()],
    find: (id) => books.get(id),
    add: (fields, addedBy) => put({ ...fields, id: randomUUID(), addedBy }),
    change: (book, fields) => put({ ...book, ...fields }),
    remove: ({ id }) => void books.delete(id),
  };
}
