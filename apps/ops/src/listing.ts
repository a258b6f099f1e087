/** Lists for operators: bounded, and page by page. */
import { type Context, UsageError } from './command.ts';

/** What every list takes. */
export const LIST_OPTIONS = {
  limit: { type: 'string' },
  after: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const USUAL_LIMIT = 50;
const LARGEST_LIMIT = 1000;

/** How many to show: 50 where it is not said. @throws UsageError */
export function limitOf(text: string | undefined): number {
  const limit = text === undefined ? USUAL_LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw new UsageError(`--limit is a whole number from 1 to ${LARGEST_LIMIT}`);
}

export interface Listing<T> {
  readonly limit: number;
  /** One more than it shows is asked for, to see whether that was all. */
  page(limit: number): Promise<readonly T[]>;
  /** What --after takes to go on behind one. */
  nameOf(item: T): string;
  /** As JSON, one object a line, and nothing else. */
  readonly asJson: boolean;
  /** Mostly one. */
  objectsOf(item: T): readonly object[];
  /** What the columns are called. */
  readonly heads: readonly string[];
  /** A row for each object. */
  rowsOf(item: T): readonly (readonly string[])[];
  /** Said where there is none. */
  readonly nothing: string;
}

/** Shows a page, and in a note how to see the next one. */
export async function showPage<T>({ say, note }: Context, listing: Listing<T>): Promise<void> {
  const found = await listing.page(listing.limit + 1);
  const shown = found.slice(0, listing.limit);
  const last = shown.at(-1);
  if (listing.asJson) for (const each of shown.flatMap(listing.objectsOf)) say(JSON.stringify(each));
  else if (last === undefined) say(listing.nothing);
  else for (const line of inColumns([listing.heads, ...shown.flatMap(listing.rowsOf)])) say(line);
  if (last !== undefined && found.length > shown.length)
    note(`There are more: --after ${listing.nameOf(last)}`);
}

/** Rows with their columns beneath each other. */
export function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A thing with its properties, a line each; those without a value are left out. */
export function properties(of: Readonly<Record<string, string | number | undefined>>): readonly string[] {
  return inColumns(
    Object.entries(of).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
