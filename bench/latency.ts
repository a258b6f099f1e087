import type { Benchmark } from './support/benchmark.ts';
import { CHANGES, PER_SECOND, SIGN_UPS, untilMailed, untilVisible } from './support/latency.ts';
import { startServer } from './support/server.ts';

export const latency: Benchmark = {
  name: 'latency',
  title: 'Latency',
  method: `Wall time, while ${PER_SECOND} people a second sign up, whether or not those before are done. From the answer to a sign-up until its mail is accepted (0 if that was first), of ${SIGN_UPS}; the limit is a mail handed over an open connection. From the answer to a change of the profile until /users/me, asked with its Account-Sequence, has answered, of ${CHANGES}; the limit is /users/me asked for nothing new.`,
  async run() {
    return [
      ...(await untilMailed(startServer, { 0.5: 50, 0.99: 250 })),
      ...(await untilVisible(startServer, { 0.99: 50 })),
    ];
  },
};
