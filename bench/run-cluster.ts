/**
 * `npm run bench:cluster` runs all benchmarks on Kafka and MongoDB. `npm run bench:cluster -- relay` runs only the
 * named ones. KAFKA_BROKERS and MONGO_URL name the servers; the broker must be for tests only
 * (test/support/test-broker.ts).
 */
import { feed } from './cluster/feed.ts';
import { idle } from './cluster/idle.ts';
import { latency } from './cluster/latency.ts';
import { memory } from './cluster/memory.ts';
import { projection } from './cluster/projection.ts';
import { recovery } from './cluster/recovery.ts';
import { refresh } from './cluster/refresh.ts';
import { relay } from './cluster/relay.ts';
import { signUp } from './cluster/sign-up.ts';
import { runBenchmarks } from './support/run-benchmarks.ts';

await runBenchmarks([relay, projection, feed, refresh, signUp, latency, idle, memory, recovery]);
