/** A database for tests that refuses statements whose cost grows with the size of a table. */
import type { Database } from './database.ts';

/** A line of SQLite's query plans that is allowed, and the reason why it is cheap enough. */
export interface AllowedPlan {
  /** Matches `<line of the plan>: <statement>`, where the statement is in one line. */
  readonly plan: RegExp;
  readonly because: string;
}

/** Matches the lines of a query plan that read neither a stored table nor an index. */
const NO_TABLE = /^SCAN (?:CONSTANT ROW|json_each VIRTUAL TABLE|\(subquery-\d+\))/;

/**
 * Returns a database that asks SQLite for the plan of each statement (`EXPLAIN QUERY PLAN`), and refuses a
 * statement that reads a whole table or index, or that sorts the rows that it has found. The contract tests
 * of a store run on such a database, so that they fail if the store uses such a statement.
 * @param allowed the plans of statements that are allowed nevertheless
 */
export function refuseTableScans(database: Database, allowed: readonly AllowedPlan[] = []): Database {
  const checked = new Set<string>();

  function check(sql: string): void {
    const statement = sql.replace(/\s+/g, ' ').trim();
    for (const row of database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all()) {
      const line = String(row['detail']);
      if (!/^SCAN|USE TEMP B-TREE/.test(line) || NO_TABLE.test(line)) continue;
      if (allowed.some(({ plan }) => plan.test(`${line}: ${statement}`))) continue;
      throw new Error(`The cost of a statement grows with the size of its table. ${line}: ${statement}`);
    }
  }

  return {
    ...database,
    prepare(sql) {
      if (!checked.has(sql)) check(sql);
      checked.add(sql);
      return database.prepare(sql);
    },
  };
}
