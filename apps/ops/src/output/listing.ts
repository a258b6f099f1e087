/** Prints listings as a table or as JSON lines, one page of limited size at a time. */
import type { CommandContext } from '../context.ts';

export interface PagedListing<T> {
  /** The maximum number of items to print. */
  readonly limit: number;
  /**
   * Loads up to `limit` items of the listing. The caller asks for one item more than a page contains, to find
   * out whether there is a next page.
   */
  load(limit: number): Promise<readonly T[]>;
  /**
   * Returns the name of an item. If the operator passes it to `--after`, the next page of the listing begins
   * after this item.
   */
  nameOf(item: T): string;
  /** Whether to print JSON lines instead of a table. */
  readonly json: boolean;
  /** Returns the JSON objects to print for an item; usually one. */
  toJson(item: T): readonly object[];
  readonly columns: readonly string[];
  /** Returns the table rows to print for an item, one for each object of `toJson`. */
  toRows(item: T): readonly (readonly string[])[];
  /**
   * Items to print before the items that `load` returns. They do not count towards the limit. Default:
   * none.
   */
  readonly first?: readonly { readonly json: object; readonly row: readonly string[] }[];
  /** The line printed instead of an empty table. */
  readonly empty: string;
}

/** Prints one page, and a note with the option that prints the next one. */
export async function printListingPage<T>(
  { print, note }: CommandContext,
  listing: PagedListing<T>,
): Promise<void> {
  const found = await listing.load(listing.limit + 1);
  const page = found.slice(0, listing.limit);
  const last = page.at(-1);
  const { first = [] } = listing;
  const rows = [...first.map(({ row }) => row), ...page.flatMap(listing.toRows)];
  if (listing.json)
    printJsonLines(print, [...first.map(({ json }) => json), ...page.flatMap(listing.toJson)]);
  else if (rows.length === 0) print(listing.empty);
  else for (const line of table([listing.columns, ...rows])) print(line);
  if (last !== undefined && found.length > page.length)
    note(`There are more: --after ${listing.nameOf(last)}`);
}

/** Prints one JSON object per line. */
export function printJsonLines(print: CommandContext['print'], objects: readonly object[]): void {
  for (const object of objects) print(JSON.stringify(object));
}

/** Formats rows as lines of text, with the cells of each column aligned. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Formats the properties of an object, one per line. Undefined properties are omitted. */
export function formatProperties(
  of: Readonly<Record<string, string | number | undefined>>,
): readonly string[] {
  return table(
    Object.entries(of).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
