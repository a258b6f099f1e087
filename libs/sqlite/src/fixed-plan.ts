import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Prepares a statement so that SQLite plans it only once. For a statement that contains `LIMIT :limit`,
 * SQLite uses the value of the parameter in its plan, and therefore plans the statement again on every call.
 * Planning takes three times as long as running a short statement. SQLite ignores the values of parameters in
 * an expression, so a statement with `LIMIT +:limit` keeps its plan.
 */
export function prepareWithFixedPlan(connection: DatabaseSync, sql: string): StatementSync {
  return connection.prepare(sql.replaceAll(/\bLIMIT (?=[:?])/g, 'LIMIT +'));
}
