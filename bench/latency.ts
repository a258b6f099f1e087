import type { Benchmark } from './support/benchmark.ts';
import {
  measureProfileChangeLatency,
  measureSignUpMailLatency,
  PROFILE_CHANGE_COUNT,
  REQUESTS_PER_SECOND,
  SIGN_UP_COUNT,
} from './support/latency.ts';
import { startBenchmarkServer } from './support/server.ts';

export const latencyBenchmark: Benchmark = {
  name: 'latency',
  title: 'Latency',
  method: `Wall time, while ${REQUESTS_PER_SECOND} people per second sign up, whether or not earlier sign-ups are done. From the response to a sign-up until its mail is accepted (0 if that was first), of ${SIGN_UP_COUNT}; the limit is a mail sent over an open connection. From the response to a profile change until the response of /users/me with its Account-Sequence, of ${PROFILE_CHANGE_COUNT}; the limit is /users/me without a change.`,
  async run() {
    return [
      ...(await measureSignUpMailLatency(startBenchmarkServer, { 0.5: 50, 0.99: 250 })),
      ...(await measureProfileChangeLatency(startBenchmarkServer, { 0.99: 50 })),
    ];
  },
};
