/** Everything that can be asked of auth, wired. */
import { Problem } from '@latchkey/http';
import { changeRole, disableAccount, enableAccount } from './administration.ts';
import type { Deps } from './deps.ts';
import { accountHistory } from './history.ts';
import { login } from './login.ts';
import { sendMail } from './mailing.ts';
import { changePassword, completeReset, viewReset } from './password.ts';
import { changeProfile } from './profile.ts';
import { reachable } from './reachable.ts';
import { refresh } from './refresh.ts';
import { endSession, listSessions, logout, logoutEverywhere } from './sessions.ts';
import { signUp } from './sign-up.ts';
import { rejectSignUp, renewVerification, verify, viewVerification } from './verification.ts';
import { requestByAddress } from './written-requests.ts';

export type UseCases = ReturnType<typeof wired>;

/** Hears of everything that was asked, and what came of it: `ok`, the code of a problem, or `failed`. */
export type Count = (operation: keyof UseCases, outcome: string) => void;

/** Each answers a store's failure with Problem (unavailable), besides what it says itself. */
export function createUseCases(deps: Deps, count: Count = () => undefined): UseCases {
  return answering(wired(deps), count);
}

function wired(deps: Deps) {
  return {
    signUp: signUp(deps),
    viewVerification: viewVerification(deps),
    verify: verify(deps),
    rejectSignUp: rejectSignUp(deps),
    renewVerification: renewVerification(deps),
    requestByAddress: requestByAddress(deps),
    login: login(deps),
    refresh: refresh(deps),
    logout: logout(deps),
    logoutEverywhere: logoutEverywhere(deps),
    listSessions: listSessions(deps),
    endSession: endSession(deps),
    viewReset: viewReset(deps),
    completeReset: completeReset(deps),
    changePassword: changePassword(deps),
    changeProfile: changeProfile(deps),
    accountHistory: accountHistory(deps),
    sendMail: sendMail(deps),
    changeRole: changeRole(deps),
    disableAccount: disableAccount(deps),
    enableAccount: enableAccount(deps),
  };
}

type UseCase = (...args: never[]) => Promise<unknown>;

function answering(useCases: UseCases, count: Count): UseCases {
  const entries = Object.entries(useCases) as [keyof UseCases, UseCase][];
  const answered = entries.map(([name, run]) => [
    name,
    async (...args: never[]) => {
      try {
        const result = await reachable(() => run(...args));
        count(name, 'ok');
        return result;
      } catch (error) {
        count(name, error instanceof Problem ? error.spec.code : 'failed');
        throw error;
      }
    },
  ]);
  // Each keeps its name and its type; the compiler cannot follow that through entries.
  return Object.fromEntries(answered) as UseCases;
}
