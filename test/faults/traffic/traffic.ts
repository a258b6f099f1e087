/**
 * Generates steady traffic: people begin a fixed number of actions per second, no matter how long the actions
 * take.
 */
import { createRandomGenerator, type RandomGenerator } from '../random.ts';
import { type CustomerActions, type CustomerDeps, createCustomerActions } from './customer.ts';
import { listActionsOfMix, type TrafficAction, type TrafficMix } from './mixes.ts';
import { createSimulatedPerson, type Person } from './person.ts';

export interface TrafficOptions extends Omit<CustomerDeps, 'random'> {
  readonly seed: number;
  /** The number of actions that begin per second. */
  readonly rate: number;
  readonly mix: TrafficMix;
  /** A verified admin. */
  readonly admin: Person;
}

export interface Traffic {
  /**
   * Stops the traffic: begins no further actions, and waits for the actions in progress. Idempotent.
   * @throws Error of the first action that failed unexpectedly
   */
  stop(): Promise<void>;
  /** Logs in to every account whose erasure or change of address was requested, and waits for the responses. */
  askFinally(): Promise<void>;
}

/** The maximum number of actions in progress. */
const AT_ONCE = 60;
/**
 * While fewer than CROWD people are active, 30 % of the actions are sign-ups in addition to those of the
 * mix.
 */
const CROWD = 80;
const BUSY_SHARE = 0.1;
const RECIPIENTS = 20;

export function startTraffic({ seed, rate, mix, admin, ...deps }: TrafficOptions): Traffic {
  const random = createRandomGenerator(seed);
  const customer = createCustomerActions({ ...deps, random });
  const deck = listActionsOfMix(mix);
  const people: Person[] = [];
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];

  function begin(): void {
    if (underWay.size >= AT_ONCE) return;
    const habit =
      people.filter(({ gone }) => !gone).length < CROWD && random.chance(0.3) ? 'join' : random.pick(deck);
    const done = doIt(habit)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(done));
    underWay.add(done);
  }

  async function doIt(habit: TrafficAction): Promise<void> {
    if (habit === 'join') return join();
    const person = somebody(habit);
    if (person === undefined) return;
    await busyWith(person, () => act(habit, person));
  }

  async function busyWith(person: Person, work: () => Promise<void>): Promise<void> {
    person.inHand += 1;
    await work();
    person.inHand -= 1;
  }

  /**
   * Signs up a new person, sometimes with an address that is in use. Uses each address at most twice, because
   * only a few sign-ups with one address can be pending.
   */
  async function join(): Promise<void> {
    const other = random.chance(0.15)
      ? people.find(({ sharesAddress, asked }) => !sharesAddress && !asked)
      : undefined;
    const person = createSimulatedPerson(other?.email);
    if (other) other.sharesAddress = true;
    people.push(person);
    await busyWith(person, () => customer.join(person));
  }

  /**
   * Returns a person for the next action, usually a person without other actions in progress. Sometimes the
   * person is busy, because concurrent actions on one account must work as well.
   */
  function somebody(habit: TrafficAction): Person | undefined {
    const mayBeBusy = random.chance(BUSY_SHARE);
    const able = people.filter(
      ({ inHand, verified, disabled, gone, id }) =>
        (mayBeBusy || inHand === 0) &&
        !disabled &&
        !gone &&
        (habit === 'renewVerification') === !verified &&
        (id !== undefined || !isAboutOthers(habit)),
    );
    return able.length === 0 ? undefined : random.pick(able);
  }

  async function act(habit: Exclude<TrafficAction, 'join'>, person: Person): Promise<void> {
    switch (habit) {
      case 'changeRole':
        return customer.changeRole(admin, person);
      case 'eraseAccount':
        // Skip people with other actions in progress, because these actions could store the address after the
        // erasure.
        return person.inHand > 1 ? undefined : customer.eraseAccount(admin, person);
      case 'changeEmail':
        return customer.changeEmail(person, random.pick(people).email);
      case 'disableAndEnable':
        await customer.disable(admin, person);
        return customer.enable(admin, person);
      case 'sendMail':
        return customer.sendMail(admin, recipientsAmong(people, random));
      default:
        return customer[habit](person);
    }
  }

  const timer = setInterval(begin, 1000 / rate);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      if (failures.length > 0) throw failures[0];
    },
    askFinally: async () => {
      for (const person of people.filter(({ asked }) => asked)) await customer.askFinally(person);
    },
  };
}

function isAboutOthers(habit: TrafficAction): boolean {
  return habit === 'changeRole' || habit === 'disableAndEnable' || habit === 'eraseAccount';
}

/**
 * Returns whether a person may get mailings. Half of the people may not. An erasure does not remove addresses
 * from mailings, so in the files of a data folder, the checker can only search for the addresses of people
 * without mailings.
 */
function mayGetMailings({ gone, signUpName }: Person): boolean {
  return !gone && signUpName.charCodeAt(1) % 2 === 0;
}

function recipientsAmong(people: readonly Person[], random: RandomGenerator): readonly string[] {
  return random
    .shuffled([...new Set(people.filter(mayGetMailings).map(({ email }) => email))])
    .slice(0, random.whole(1, RECIPIENTS));
}

/**
 * Creates a verified person before the first fault.
 * @throws Error if several people in a row are not verified
 */
export async function createVerifiedPerson(customer: CustomerActions): Promise<Person> {
  for (let tries = 0; tries < 5; tries += 1) {
    const person = createSimulatedPerson();
    await customer.join(person);
    await customer.login(person);
    if (person.verified) return person;
  }
  throw new Error('nobody can sign up and be verified');
}
