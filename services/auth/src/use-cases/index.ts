/** Everything that can be asked of auth, wired. */
import { changeRole, disableAccount, enableAccount } from './administration.ts';
import type { Deps } from './deps.ts';
import { accountHistory } from './history.ts';
import { login } from './login.ts';
import { sendMail } from './mailing.ts';
import { changePassword, completeReset, viewReset } from './password.ts';
import { changeProfile } from './profile.ts';
import { refresh } from './refresh.ts';
import { endSession, listSessions, logout, logoutEverywhere } from './sessions.ts';
import { signUp } from './sign-up.ts';
import { rejectSignUp, renewVerification, verify, viewVerification } from './verification.ts';
import { requestByAddress } from './written-requests.ts';

export type UseCases = ReturnType<typeof createUseCases>;

export function createUseCases(deps: Deps) {
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
