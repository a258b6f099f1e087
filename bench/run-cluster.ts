/**
 * `npm run bench:cluster` runs all benchmarks on Kafka and MongoDB. Arguments select benchmarks by name, for example
 * `npm run bench:cluster -- relay`. KAFKA_BROKERS and MONGO_URL name the servers. The broker must be for tests only
 * (see test/support/test-broker.ts).
 */
import { diskBenchmark } from './cluster/disk.ts';
import { feedBenchmark } from './cluster/feed.ts';
import { idleBenchmark } from './cluster/idle.ts';
import { latencyBenchmark } from './cluster/latency.ts';
import { memoryBenchmark } from './cluster/memory.ts';
import { projectionBenchmark } from './cluster/projection.ts';
import { recoveryBenchmark } from './cluster/recovery.ts';
import { refreshBenchmark } from './cluster/refresh.ts';
import { relayBenchmark } from './cluster/relay.ts';
import { signUpBenchmark } from './cluster/sign-up.ts';
import { runBenchmarks } from './support/run-benchmarks.ts';

await runBenchmarks([
  relayBenchmark,
  projectionBenchmark,
  feedBenchmark,
  refreshBenchmark,
  signUpBenchmark,
  latencyBenchmark,
  idleBenchmark,
  memoryBenchmark,
  diskBenchmark,
  recoveryBenchmark,
]);
