/** The notifier moves from the embedded store to MongoDB. Its service must run on neither meanwhile. */
import type { ClusterBackend } from '@latchkey/cluster';
import type { Database } from '@latchkey/sqlite';
import { type Movable, movable } from '@latchkey/store';
import { createMongoDeliveries } from './adapters/deliveries.mongo.ts';
import { createSqliteDeliveries } from './adapters/deliveries.sqlite.ts';
import { createMongoNewHome } from './adapters/moving.mongo.ts';
import { createSqliteOldHome } from './adapters/moving.sqlite.ts';
import type { Census } from './ports/deliveries.ts';

export interface NotifierMove {
  /**
   * In the order in which they are to be moved; before auth publishes on the new servers, so that an event that
   * comes again owes nothing again.
   */
  readonly kinds: readonly Movable[];
  /** Deliveries by state, here and there. */
  census(): Promise<{ readonly source: Census; readonly target: Census }>;
}

export function openNotifierMove({
  database,
  connection,
}: {
  readonly database: Database;
  readonly connection: ClusterBackend['connection'];
}): NotifierMove {
  const from = createSqliteOldHome(database);
  const to = createMongoNewHome(connection);
  const [source, target] = [createSqliteDeliveries(database), createMongoDeliveries(connection)];

  return {
    kinds: [
      movable({ name: 'cutoffs', lasting: true }, from.cutoffs, to.cutoffs),
      movable({ name: 'deliveries', lasting: true }, from.deliveries, to.deliveries),
    ],
    async census() {
      const [here, there] = await Promise.all([source.census(), target.census()]);
      return { source: here, target: there };
    },
  };
}
