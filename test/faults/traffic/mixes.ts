/** The mixes of traffic: which actions people take, and how often. */

const EVERYTHING = {
  changeProfile: 32,
  readProfile: 14,
  refresh: 12,
  login: 4,
  logout: 2,
  logoutAll: 4,
  changePassword: 4,
  resetPassword: 7,
  renewVerification: 3,
  changeRole: 4,
  disableAndEnable: 3,
  sendMail: 2,
  join: 4,
  eraseAccount: 2,
  changeEmail: 3,
} as const;

export type TrafficAction = keyof typeof EVERYTHING;

/** The frequency of each action, in percent. */
const MIXES = {
  /** A typical mix of actions, but with more changes than real people make. */
  everything: EVERYTHING,
  /**
   * A mix that causes as many events as possible: most of its actions cause several events, or cause one
   * without hashing a password.
   */
  changes: {
    changeProfile: 57,
    readProfile: 8,
    refresh: 6,
    login: 1,
    logout: 1,
    logoutAll: 3,
    changePassword: 1,
    resetPassword: 3,
    renewVerification: 2,
    changeRole: 8,
    disableAndEnable: 4,
    sendMail: 1,
    join: 2,
    eraseAccount: 1,
    changeEmail: 2,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<TrafficAction, number>>>>;

export type TrafficMix = keyof typeof MIXES;

export const TRAFFIC_MIX_NAMES = Object.keys(MIXES) as readonly TrafficMix[];
export function isTrafficMix(text: string): text is TrafficMix {
  return Object.hasOwn(MIXES, text);
}

/** Returns how often an action occurs in a mix, as a fraction of all actions. */
export function computeActionShare(mix: TrafficMix, habit: TrafficAction): number {
  return MIXES[mix][habit] / listActionsOfMix(mix).length;
}

/** Returns a list of 100 actions, in which each action occurs as often as its frequency in percent. */
export function listActionsOfMix(mix: TrafficMix): readonly TrafficAction[] {
  return Object.entries(MIXES[mix]).flatMap(([habit, often]) =>
    Array.from({ length: often }, () => habit as TrafficAction),
  );
}
