/**
 * Tests whether response times reveal if an email address has an account. Sends sign-ups, logins and password resets
 * for a verified, an unknown and a pending address in turn, and compares the medians of their response times. Exits
 * with 1 if medians differ by more than 5 ms. Needs an otherwise idle machine. Not part of `npm run bench`, because it
 * takes minutes.
 * Usage: `npm run bench:timing -- [samples]`
 */
import { createUniquePerson, type Person } from '../test/support/people.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { measureAlternately } from './support/statistics.ts';

const [samples = 300] = process.argv.slice(2).map(Number);
const LARGEST_DIFFERENCE_MS = 5;
/**
 * The number of email addresses to use. It is high for two reasons: an address may have at most five pending sign-ups,
 * and a long history would make the requests of an account slower.
 */
const ADDRESSES = 100;

interface Addresses {
  known(): Person;
  pending(): Person;
}

type Ask = (person: Person) => Promise<{ readonly status: number }>;

function cycleOf(people: readonly Person[]): () => Person {
  let next = 0;
  return () => {
    const person = people[next % people.length] ?? createUniquePerson();
    next += 1;
    return person;
  };
}

/** Returns a function that sends one request and returns its wall time in ms. */
function timed(ask: Ask, status: number, next: () => Person): () => Promise<number> {
  return async () => {
    const person = next();
    const from = performance.now();
    const reply = await ask(person);
    const ms = performance.now() - from;
    if (reply.status !== status) throw new Error(`answered ${reply.status} instead of ${status}`);
    return ms;
  };
}

async function preparedIn({ people }: BenchmarkServer): Promise<Addresses> {
  const known: Person[] = [];
  const pending: Person[] = [];
  for (let n = 0; n < ADDRESSES; n += 1) {
    known.push(await people.verified(createUniquePerson('known')));
    const other = createUniquePerson('pending');
    await people.signUp(other);
    pending.push(other);
  }
  return { known: cycleOf(known), pending: cycleOf(pending) };
}

function signUps({ people }: BenchmarkServer, { known }: Addresses) {
  let latest = createUniquePerson('unknown');
  function withAddressOf({ email }: Person): Person {
    return { ...createUniquePerson('again'), email };
  }
  function unknown(): Person {
    latest = createUniquePerson('unknown');
    return latest;
  }
  return measureAlternately(samples, {
    known: timed(people.signUp, 201, () => withAddressOf(known())),
    unknown: timed(people.signUp, 201, unknown),
    // Use the address of the previous sample. That sample has just signed up with the address, so the
    // address has a pending sign-up.
    pending: timed(people.signUp, 201, () => withAddressOf(latest)),
  });
}

function byAddress({ known, pending }: Addresses, ask: Ask, status: number) {
  return measureAlternately(samples, {
    known: timed(ask, status, known),
    unknown: timed(ask, status, () => createUniquePerson('nobody')),
    pending: timed(ask, status, pending),
  });
}

await using server = await startBenchmarkServer();
const { client } = server;
const addresses = await preparedIn(server);
const medians = {
  'sign-up': await signUps(server, addresses),
  login: await byAddress(
    addresses,
    ({ email }) => client.post('/auth/login', { json: { email, password: 'not the password of anybody' } }),
    401,
  ),
  reset: await byAddress(
    addresses,
    ({ email }) => client.post('/auth/password-reset-request', { json: { email } }),
    202,
  ),
};

console.log(`medians of ${samples} answers, in ms`);
for (const [route, { known, unknown, pending }] of Object.entries(medians)) {
  const times = [known, unknown, pending];
  const difference = Math.max(...times) - Math.min(...times);
  if (difference > LARGEST_DIFFERENCE_MS) process.exitCode = 1;
  const verdict = difference > LARGEST_DIFFERENCE_MS ? 'missed' : 'pass';
  const [knownMs, unknownMs, pendingMs] = times.map((ms) => ms.toFixed(1));
  console.log(
    `${route}: known ${knownMs}, unknown ${unknownMs}, pending ${pendingMs}; they differ by ${difference.toFixed(1)}: ${verdict}`,
  );
}
