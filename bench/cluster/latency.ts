import type { Benchmark } from '../support/benchmark.ts';
import { startClusterServer } from '../support/cluster-server.ts';
import {
  measureProfileChangeLatency,
  measureSignUpMailLatency,
  PROFILE_CHANGE_COUNT,
  REQUESTS_PER_SECOND,
  SIGN_UP_COUNT,
} from '../support/latency.ts';

export const latencyBenchmark: Benchmark = {
  name: 'latency',
  title: 'Latency',
  method: `As for a standalone, with two processes of each service behind one address: wall time, while ${REQUESTS_PER_SECOND} people per second sign up, whether or not earlier sign-ups are done. From the response to a sign-up until its mail is accepted (0 if that was first), of ${SIGN_UP_COUNT}; the limit is a mail sent over an open connection. From the response to a profile change until the response of /users/me with its Account-Sequence, of ${PROFILE_CHANGE_COUNT}; the limit is /users/me without a change.`,
  async run() {
    return [
      ...(await measureSignUpMailLatency(startClusterServer, { 0.5: 60, 0.99: 300 })),
      ...(await measureProfileChangeLatency(startClusterServer, { 0.99: 150 })),
    ];
  },
};
