import { MongoClient } from 'mongodb';
import { addAccounts } from '../support/accounts.ts';
import type { Benchmark, BenchmarkFigure } from '../support/benchmark.ts';
import { type ClusterServer, startClusterServer } from '../support/cluster-server.ts';

const ACCOUNTS = Number(process.env['DISK_ACCOUNTS'] ?? 300);
/**
 * How many accounts are created before the first measurement. They make MongoDB create every collection, so
 * that the measurement does not include the initial size of collections.
 */
const EARLIER_ACCOUNTS = 20;

export const diskBenchmark: Benchmark = {
  name: 'disk',
  title: 'Bytes in MongoDB',
  method: `By how much the documents of each collection grow per account that has signed up, verified its address and signed in once, as the command collStats reports them: without compression, without indexes. The difference between ${EARLIER_ACCOUNTS} accounts and ${ACCOUNTS} more, divided by ${ACCOUNTS}.`,
  async run() {
    await using server = await startClusterServer({}, { auth: 1, user: 1, notifier: 1 });
    await addAccounts(server.people, EARLIER_ACCOUNTS);
    const before = await measureCollections(server);
    await addAccounts(server.people, ACCOUNTS);
    const after = await measureCollections(server);
    return figuresOf(before, after);
  },
};

type Sizes = ReadonlyMap<string, number>;

/** Returns the total size of the documents in each MongoDB collection, in bytes. */
async function measureCollections({ cluster }: ClusterServer): Promise<Sizes> {
  const client = await MongoClient.connect(cluster.stores.MONGO_URL);
  try {
    const sizes = new Map<string, number>();
    for (const { name } of await client.db().listCollections().toArray()) {
      const { size } = await client.db().command({ collStats: name });
      sizes.set(name, Number(size));
    }
    return sizes;
  } finally {
    await client.close();
  }
}

function figuresOf(before: Sizes, after: Sizes): readonly BenchmarkFigure[] {
  const grown = [...after]
    .map(([name, bytes]) => ({ name, bytes: (bytes - (before.get(name) ?? 0)) / ACCOUNTS }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
  const whole = grown.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    { what: 'documents, per account', unit: 'B', measured: whole },
    ...grown.map(({ name, bytes }) => ({ what: name, unit: 'B', measured: bytes }) as const),
  ];
}
